<?php
/**
 * The product page of service 101 in a client area over tables in memory. The session is what the header X-Fake-Session says.
 */

declare(strict_types=1);

use WHMCS\Database\Capsule;

define('CLIENTAREA', true);
ob_start();
require_once __DIR__ . '/root/init.php';
ob_clean();
Capsule::$tables += ['tblclients' => [['id' => 12], ['id' => 13]], 'tblusers' => [['id' => 5], ['id' => 6]]];
require_once __DIR__ . '/../../modules/servers/puqProxmoxKVM/puqProxmoxKVM.php';
$_SESSION = json_decode($_SERVER['HTTP_X_FAKE_SESSION'], true);
echo puqProxmoxKVM_ClientArea(['serviceid' => '101', 'userid' => 12, 'pid' => 3, 'serverid' => 4, 'status' => 'Active',
    'domain' => 'vm101.example.com', 'username' => '', 'password' => 'Guest-pass 1', 'serverhostname' => 'pve.example.com',
    'serverip' => '192.0.2.1', 'serverusername' => 'kvmbridge@pve!whmcs', 'serverpassword' => '00000000-0000-4000-8000-000000000000',
    'serveraccesshash' => '', 'serversecure' => true, 'serverport' => '8006']);
