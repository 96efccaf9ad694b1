<?php
// What the list costs without a service: all rows in memory, one json_encode.
ini_set('memory_limit', '-1');
require __DIR__ . '/configuration.php';
$pdo = new PDO('mysql:unix_socket=' . explode(':', $db_host)[1] . ";dbname=$db_name;charset=utf8mb4", $db_username, $db_password);
$list = [];
foreach ($pdo->query("SELECT h.domain, i.vm_rev_dns FROM puqProxmoxKVM_vm_info i JOIN tblhosting h ON h.id = i.service_id
    WHERE i.vm_status NOT IN ('', 'remove') ORDER BY i.service_id") as $row) {
    foreach (json_decode($row['vm_rev_dns'], true) ?: [] as $ip => $reverse) {
        $list[] = ['forward' => $row['domain'], 'ip' => $ip, 'reverse' => $reverse];
    }
}
header('Content-Type: application/json');
echo json_encode($list);
