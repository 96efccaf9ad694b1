<?php
/**
 * Where the kvmbridge service asks WHMCS for what only WHMCS can do. Signed POST requests in, JSON out.
 */

declare(strict_types=1);

use Kvmbridge\Shim\Callback;

// Whatever WHMCS prints while it loads (warnings, a maintenance page) must not mix with the answer.
ob_start();
require_once __DIR__ . '/lib/load.php';
register_shutdown_function([Callback::class, 'answerForDead']);
Callback::refuseEarly($_SERVER);
foreach ([(string) getenv('KVMBRIDGE_WHMCS_ROOT'), dirname($_SERVER['SCRIPT_FILENAME'], 4), dirname(__DIR__, 3)] as $root) {
    if ($root !== '' && is_file($root . '/init.php')) {
        require_once $root . '/init.php';
        break;
    }
}
Callback::run($_SERVER);
