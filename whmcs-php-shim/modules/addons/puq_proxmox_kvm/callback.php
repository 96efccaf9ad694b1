<?php
/** Where the kvmbridge service asks WHMCS for what only WHMCS can do. Signed POST requests in, JSON out. */

declare(strict_types=1);

use Kvmbridge\Shim\Callback;

// Whatever WHMCS prints while it loads (warnings, a maintenance page) must not mix with the answer.
ob_start();
require_once __DIR__ . '/lib/load.php';
Callback::begin($_SERVER);
require_once __DIR__ . '/../../servers/puqProxmoxKVM/lib/whmcs.php';
Callback::run($_SERVER);
