<?php
/**
 * Tests run inside devhost's stand-ins for WHMCS's functions and classes, over tables that are PHP arrays.
 */

declare(strict_types=1);

define('WHMCS', true);
define('ROOTDIR', dirname(__DIR__) . '/devhost');
error_reporting(E_ALL);

require_once __DIR__ . '/Memory/Capsule.php';
require_once __DIR__ . '/../devhost/includes/load.php';
require_once __DIR__ . '/../modules/servers/puqProxmoxKVM/puqProxmoxKVM.php';
require_once __DIR__ . '/../modules/addons/puq_proxmox_kvm/puq_proxmox_kvm.php';
require_once __DIR__ . '/PhpServer.php';
require_once __DIR__ . '/FakeSidecar.php';
require_once __DIR__ . '/TestDatabase.php';
require_once __DIR__ . '/Browser.php';
require_once __DIR__ . '/ShimTestCase.php';
require_once __DIR__ . '/FakeModule.php';
