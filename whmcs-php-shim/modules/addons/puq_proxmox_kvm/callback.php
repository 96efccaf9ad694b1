<?php
/** Where the kvmbridge service asks WHMCS for what only WHMCS can do. Signed POST requests in, JSON out. */

declare(strict_types=1);

use Kvmbridge\Shim\Callback;

// Whatever WHMCS prints while it loads (warnings, a maintenance page) must not mix with the answer.
ob_start();
require_once __DIR__ . '/lib/load.php';
Callback::begin($_SERVER);
// The second place is right for linked module folders, where __DIR__ is elsewhere; the first is for anything stranger.
foreach ([getenv('KVMBRIDGE_WHMCS_ROOT') ?: '', dirname($_SERVER['SCRIPT_FILENAME'], 4), dirname(__DIR__, 3)] as $root) {
    if ($root !== '' && is_file("$root/init.php")) {
        require_once "$root/init.php";
        break;
    }
}
Callback::run($_SERVER);
