<?php declare(strict_types=1);
/** Loads WHMCS into a file of ours that the web server or PHP's command line runs by itself, or ends it. */

ob_start(); // what WHMCS prints while it loads (warnings, a maintenance page) must not mix with our answer
// The second place is right for linked module folders, where __DIR__ is elsewhere; the first is for anything stranger.
$kvmbridgeScript = (($_SERVER['SCRIPT_FILENAME'][0] ?? '/') === '/' ? '' : ($_SERVER['PWD'] ?? getcwd()) . '/') . $_SERVER['SCRIPT_FILENAME'];
$kvmbridgeScript = preg_replace('~/modules/(addons|servers)/\w+(/lib/dns)?/\w+\.php$~', '', $kvmbridgeScript);
foreach ([getenv('KVMBRIDGE_WHMCS_ROOT') ?: '', $kvmbridgeScript, dirname(__DIR__, 4)] as $root) {
    if ($root !== '' && is_file("$root/init.php")) {
        require_once "$root/init.php";
        break;
    }
}
defined('WHMCS') || exit;
