<?php
/**
 * Plugin Name: Silah
 * Description: Related articles under every post, and every change of a post told to Silah at once.
 * Version: 1.0
 * License: MIT
 *
 * Copy it to wp-content/mu-plugins. In wp-config.php:
 *   define('SILAH_URL', 'http://127.0.0.1:8080');
 *   define('SILAH_TOKEN', '…');   // the server's SILAH_TOKEN
 */

defined('ABSPATH') || exit;

const SILAH_WAIT_SECONDS = 1;
const SILAH_KEPT_SECONDS = 300;

/** The list as HTML, or nothing: a page never waits long for it, nor breaks without it. */
function silah_related($number) {
    $kept = get_transient("silah_$number");
    if ($kept !== false) return $kept;
    $url = SILAH_URL . "/v1/articles/$number/related.html?language=prefer";
    $answer = wp_remote_get($url, ['timeout' => SILAH_WAIT_SECONDS]);
    $html = wp_remote_retrieve_response_code($answer) === 200 ? wp_remote_retrieve_body($answer) : '';
    set_transient("silah_$number", $html, SILAH_KEPT_SECONDS);
    return $html;
}

add_filter('the_content', function ($content) {
    $shown = is_singular('post') && in_the_loop() && is_main_query() && !post_password_required();
    return $shown ? $content . silah_related(get_the_ID()) : $content;
}, 20);

function silah_change($method, $number, $body = null) {
    wp_remote_request(SILAH_URL . "/v1/articles/$number", [
        'method' => $method,
        'timeout' => 5,
        'headers' => ['Authorization' => 'Bearer ' . SILAH_TOKEN, 'Content-Type' => 'application/json'],
        'body' => $body === null ? null : wp_json_encode($body),
    ]);
}

/** After terms and the picture are stored, which is later than the change of status. */
add_action('wp_after_insert_post', function ($number, $post, $update, $before) {
    if ($post->post_type !== 'post') return;
    $is_public = $post->post_status === 'publish' && $post->post_password === '';
    $was_public = $before && $before->post_status === 'publish';
    if (!$is_public && !$was_public) return;
    if (!$is_public) return silah_change('DELETE', $number);
    silah_change('PUT', $number, [
        'title' => $post->post_title,
        'html' => apply_filters('the_content', $post->post_content),
        'url' => get_permalink($post),
        'category' => wp_get_post_categories($number, ['fields' => 'names'])[0] ?? null,
        'tags' => wp_get_post_tags($number, ['fields' => 'names']),
        'author' => get_the_author_meta('display_name', $post->post_author),
        'published_at' => get_post_time('c', true, $post),
        'updated_at' => get_post_modified_time('c', true, $post),
        'image_url' => get_the_post_thumbnail_url($post, 'medium') ?: null,
    ]);
}, 10, 4);

add_action('before_delete_post', function ($number, $post) {
    if ($post->post_type === 'post') silah_change('DELETE', $number);
}, 10, 2);
