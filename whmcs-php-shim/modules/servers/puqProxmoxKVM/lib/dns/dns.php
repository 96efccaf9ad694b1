<?php declare(strict_types=1);
/** The list of names for DNS scripts: GET in, JSON out. The kvmbridge service makes it and decides who may read it. */

require_once __DIR__ . '/../load.php';
register_shutdown_function([Kvmbridge\Shim\NameList::class, 'apologize']);
require_once __DIR__ . '/../whmcs.php';
Kvmbridge\Shim\NameList::run($_SERVER, $_GET);
