"""What the tests have a real WordPress do, in its own language."""

CONFIG = """<?php
define('DB_NAME', 'site'); define('DB_USER', 'site'); define('DB_PASSWORD', '{password}');
define('DB_HOST', '127.0.0.1:{database_port}'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
define('WP_HOME', 'http://127.0.0.1:{port}'); define('WP_SITEURL', WP_HOME);
define('DISABLE_WP_CRON', true); define('WP_HTTP_BLOCK_EXTERNAL', true); define('AUTOMATIC_UPDATER_DISABLED', true);
$table_prefix = '{prefix}';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
INSTALL = """<?php
define('WP_INSTALLING', true);
require 'wp-load.php'; require 'wp-admin/includes/upgrade.php';
wp_install('Example', 'editor', 'editor@example.org', true, '', 'throwaway');
update_option('home', WP_HOME); update_option('siteurl', WP_SITEURL);
update_option('permalink_structure', $argv[1]);
foreach (get_posts(['numberposts' => -1, 'post_type' => 'any', 'post_status' => 'any']) as $example)
    wp_delete_post($example->ID, true);
"""
FILL = """<?php
require 'wp-load.php'; require 'wp-admin/includes/taxonomy.php';
wp_set_current_user(1);

function sound($result) {
    if (is_wp_error($result)) { fwrite(STDERR, $result->get_error_message()); exit(1); }
    return $result;
}

function author_number($name) {
    $found = get_users(['search' => $name, 'search_columns' => ['display_name']]);
    return $found ? $found[0]->ID : sound(wp_insert_user(
        ['user_login' => 'author' . md5($name), 'user_pass' => 'throwaway', 'display_name' => $name]));
}

foreach (json_decode(file_get_contents($argv[1]), true) as $article) {
    $moment = strtotime($article['published_at'] ?? '2026-08-05T10:00:00Z');
    $parent = 0;
    $categories = [];
    foreach ((array) $article['category'] as $name) $categories[] = $parent = wp_create_category($name, $parent);
    $number = sound(wp_insert_post(wp_slash([
        'import_id' => (int) $article['id'], 'post_title' => $article['title'],
        'post_content' => $article['html'] ?? $article['text'] ?? '', 'post_status' => $article['status'] ?? 'publish',
        'post_type' => $article['type'] ?? 'post', 'post_password' => $article['password'] ?? '',
        'post_author' => author_number($article['author']),
        'post_category' => $categories, 'tags_input' => $article['tags'],
        'post_date_gmt' => gmdate('Y-m-d H:i:s', $moment), 'post_date' => wp_date('Y-m-d H:i:s', $moment),
    ]), true));
    if ($number != $article['id']) { fwrite(STDERR, "number $article[id] is taken"); exit(1); }
    $upload = $article['upload'] ?? false;
    if ($upload || !empty($article['image_url']))
        update_post_meta($number, '_thumbnail_id', sound(wp_insert_attachment([
            'import_id' => 100000 + $number, 'post_mime_type' => 'image/jpeg', 'post_title' => 'image',
            'guid' => $article['image_url'] ?? ''], $upload)));
}
"""
DELETE = """<?php
require 'wp-load.php';
foreach (array_slice($argv, 1) as $number) foreach ([$number, 100000 + $number] as $each) wp_delete_post($each, true);
"""
RUN_EVENTS = """<?php
require 'wp-load.php';
$count = 0;
foreach (_get_cron_array() as $moment => $hooks) {
    foreach ($hooks[$argv[1]] ?? [] as $event) {
        wp_unschedule_event($moment, $argv[1], $event['args']);
        wp_schedule_single_event(1, $argv[1], $event['args']);
        $count++;
    }
}
echo $count;
add_filter('pre_get_ready_cron_jobs', fn() => array_intersect_key(_get_cron_array(), [1 => true]));
require 'wp-cron.php';
"""
EXPORT = """<?php
require 'wp-load.php'; require 'wp-admin/includes/export.php';
export_wp();
"""
