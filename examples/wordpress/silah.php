<?php
/**
 * Plugin Name: Silah
 * Description: Related articles under every post, and every change of a post told to Silah at once.
 * Version: 1.0
 * Requires at least: 5.6
 * License: MIT
 *
 * Copy it to wp-content/mu-plugins. In wp-config.php:
 *   define('SILAH_URL', 'http://127.0.0.1:8080');
 *   define('SILAH_TOKEN', '…');   // the server's SILAH_TOKEN
 * and, to change it, any of the constants below. Without these two it does nothing. It is for one site: the sites of a
 * network number their posts alike: there, copy it to wp-content/plugins, and activate it on the one.
 */

defined('ABSPATH') || exit;
if (!defined('SILAH_URL') || !defined('SILAH_TOKEN')) return;

$silah_usual = [
    'SILAH_WAIT_SECONDS' => 1,         // a reader waits for a list
    'SILAH_KEPT_SECONDS' => 300,       // a list, or that there was none
    'SILAH_CHANGE_SECONDS' => 15,      // an editor waits for a change; a server's first one loads its model
    'SILAH_FIRST_PAUSE_SECONDS' => 60, // before what failed is asked again; a change then after 120, 240, …
    'SILAH_RETRIES' => 10,             // the last comes after 17 hours, and then the nightly build
];
foreach ($silah_usual as $silah_name => $silah_value) defined($silah_name) || define($silah_name, $silah_value);

function silah_address($number) {
    return rtrim(SILAH_URL, '/') . "/v1/articles/$number";
}

/** The list as HTML, or nothing: a page never waits long for it, nor breaks without it. */
function silah_related($number) {
    $kept = get_transient("silah_$number");
    if ($kept !== false) return $kept;
    if (get_transient('silah_silent')) return '';
    $url = silah_address($number) . '/related.html?language=prefer';
    $answer = wp_remote_get($url, ['timeout' => SILAH_WAIT_SECONDS, 'redirection' => 0]);
    if (is_wp_error($answer)) { // the readers of other posts need not wait, too
        set_transient('silah_silent', 1, SILAH_FIRST_PAUSE_SECONDS);
        return '';
    }
    $html = wp_remote_retrieve_response_code($answer) === 200 ? wp_remote_retrieve_body($answer) : '';
    set_transient("silah_$number", $html, SILAH_KEPT_SECONDS);
    return $html;
}

/** Whether it is the page's own post that is shown: not one that its page lists, an excerpt, or what is told of it. */
function silah_is_page() {
    return is_singular('post') && in_the_loop() && is_main_query() && get_the_ID() === get_queried_object_id()
        && !is_feed() && !doing_filter('get_the_excerpt') && !doing_filter('wp_after_insert_post')
        && !post_password_required();
}

add_filter('the_content', function ($content) {
    return silah_is_page() ? $content . silah_related(get_the_ID()) : $content;
}, 20);

/** Ask Silah to change an article. After an answer that did not come, a bulk edit's other posts need not wait, too. */
function silah_change($number, $method, $article) {
    static $silence, $until = 0;
    if (time() < $until) return $silence;
    $answer = wp_remote_request(silah_address($number), [
        'method' => $method,
        'timeout' => SILAH_CHANGE_SECONDS,
        'redirection' => 0, // WordPress would make a GET of it, and its answer would look like an acknowledgement
        'headers' => ['Authorization' => 'Bearer ' . SILAH_TOKEN, 'Content-Type' => 'application/json'],
        'body' => $article ? wp_json_encode($article) : null,
    ]);
    if (is_wp_error($answer)) [$silence, $until] = [$answer, time() + SILAH_FIRST_PAUSE_SECONDS];
    return $answer;
}

/** Tell Silah what a post is now; what it does not take is logged, and told again later: as the post is then. */
function silah_tell($number, $failures = 0) {
    if (function_exists('ms_is_switched') && ms_is_switched()) return; // the number is one of another site's posts
    $article = silah_article($number);
    $method = $article ? 'PUT' : 'DELETE';
    $answer = silah_change($number, $method, $article);
    if (wp_remote_retrieve_response_code($answer) === 200) {
        delete_transient("silah_$number"); // of a preview, or of the time before: there was no list
        delete_transient('silah_silent');
        return;
    }
    $reason = is_wp_error($answer) ? $answer->get_error_message() : 'HTTP ' . wp_remote_retrieve_response_code($answer);
    $pause = SILAH_FIRST_PAUSE_SECONDS * 2 ** $failures;
    $is_last = $failures >= SILAH_RETRIES;
    error_log("Silah: $method of post $number: $reason: " . ($is_last ? 'given up' : "again in $pause s"));
    if (!$is_last) wp_schedule_single_event(time() + $pause, 'silah_tell', [$number, $failures + 1]);
}

add_action('silah_tell', 'silah_tell', 10, 2);

function silah_is_public($post) {
    return $post && $post->post_type === 'post' && $post->post_status === 'publish' && $post->post_password === '';
}

/** What WordPress keeps as HTML (a category is "Arts &amp; culture"), as a line of text. */
function silah_line($html) {
    return html_entity_decode(wp_strip_all_tags($html), ENT_QUOTES | ENT_HTML5, 'UTF-8');
}

/** The content as the post's page shows it: galleries, blocks and other plugins look at the post of the moment. */
function silah_html($post) {
    $before = $GLOBALS['post'] ?? null;
    $GLOBALS['post'] = $post;
    setup_postdata($post);
    $html = apply_filters('the_content', $post->post_content);
    $GLOBALS['post'] = $before;
    if ($before) setup_postdata($before);
    return $html;
}

/** What WPML, or Polylang (which answers in its place), says; else null: Silah detects it. */
function silah_language($number) {
    return apply_filters('wpml_element_language_code', null, ['element_id' => $number, 'element_type' => 'post']);
}

/** The post as it is stored now, or null when not everyone may read it. */
function silah_article($number) {
    $post = get_post($number);
    return !silah_is_public($post) ? null : [
        'title' => silah_line($post->post_title),
        'html' => silah_html($post),
        'url' => get_permalink($post),
        'language' => silah_language($number),
        'category' => array_map('silah_line', wp_get_post_categories($number, ['fields' => 'names']))[0] ?? null,
        'tags' => array_map('silah_line', wp_get_post_tags($number, ['fields' => 'names'])),
        'author' => silah_line(get_the_author_meta('display_name', $post->post_author)),
        'published_at' => get_post_time('c', true, $post) ?: null,
        'updated_at' => get_post_modified_time('c', true, $post) ?: null,
        'image_url' => get_the_post_thumbnail_url($post, 'medium') ?: null,
    ];
}

/** After terms and the picture are stored, which is later than the change of status. */
add_action('wp_after_insert_post', function ($number, $post, $update, $before) {
    if (silah_is_public($post) || silah_is_public($before)) silah_tell($number);
}, 10, 4);

/** Of the drafts that WordPress makes and drops by itself nobody has heard. */
add_action('after_delete_post', function ($number, $post) {
    if ($post->post_type === 'post' && $post->post_status !== 'auto-draft') silah_tell($number);
}, 10, 2);
