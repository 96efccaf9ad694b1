<?php declare(strict_types=1);
/** Where the kvmbridge service asks WHMCS for what only WHMCS can do. Signed POST requests in, JSON out. */

require_once __DIR__ . '/../../servers/puqProxmoxKVM/lib/load.php';
Kvmbridge\Shim\Callback::begin($_SERVER);
require_once __DIR__ . '/../../servers/puqProxmoxKVM/lib/whmcs.php';
Kvmbridge\Shim\Callback::run($_SERVER);
