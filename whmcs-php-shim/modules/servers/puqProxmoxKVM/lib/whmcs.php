<?php
/** Loads WHMCS into a file of ours that the web server runs by itself, or ends it. */

declare(strict_types=1);

// The second place is right for linked module folders, where __DIR__ is elsewhere; the first is for anything stranger.
$kvmbridgeScript = preg_replace('~/modules/(addons|servers)/\w+(/lib/dns)?/\w+\.php$~', '', $_SERVER['SCRIPT_FILENAME']);
foreach ([getenv('KVMBRIDGE_WHMCS_ROOT') ?: '', $kvmbridgeScript, dirname(__DIR__, 4)] as $root) {
    if ($root !== '' && is_file("$root/init.php")) {
        require_once "$root/init.php";
        break;
    }
}
defined('WHMCS') || exit;
