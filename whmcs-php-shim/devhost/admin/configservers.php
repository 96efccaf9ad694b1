<?php
/**
 * Servers: list, form, Test Connection with the values of the form.
 */

declare(strict_types=1);

use Devhost\Cipher;
use Devhost\Html;
use Devhost\Page;
use Devhost\Params;
use Devhost\Server;
use WHMCS\Database\Capsule;

define('ADMINAREA', true);
require_once __DIR__ . '/../init.php';

Page::requireAdmin();
$server = Capsule::table('tblservers')->where('id', (int) ($_REQUEST['id'] ?? 0))->first();
if ($server === null) {
    $rows = [];
    foreach (Capsule::table('tblservers')->orderBy('id')->get() as $row) {
        $rows[] = [Html::link("configservers.php?action=manage&id=$row->id", $row->name), Html::e($row->hostname), Html::e($row->type)];
    }
    Page::admin('Servers', Html::table(['Server', 'Host name', 'Module'], $rows));
    exit;
}
$message = '';
if (Page::isPost()) {
    $row = array_intersect_key($_POST, array_flip(['name', 'hostname', 'ipaddress', 'username', 'accesshash', 'assignedips', 'secure']));
    $row['port'] = (int) ($_POST['port'] ?? 0) ?: null;
    if (($_POST['password'] ?? '') !== '') {
        $row['password'] = Cipher::encrypt((string) $_POST['password']);
    }
    if (($_POST['action'] ?? '') === 'testconnection') {
        $result = Server::call($server->type, 'TestConnection', Params::forServer((object) ($row + (array) $server)));
        $ok = is_array($result) && ($result['success'] ?? false);
        $message = $ok ? Html::alert('success', 'Connection successful. Some values have been auto-filled.')
            : Html::alert('danger', 'Connection failed. ' . (is_array($result) ? $result['error'] ?? '' : $result));
        $server = (object) ($row + (array) $server);
    } else {
        Capsule::table('tblservers')->where('id', $server->id)->update($row);
        Devhost\Hooks::run('ServerEdit', ['serverid' => (int) $server->id]);
        Page::redirect("configservers.php?action=manage&id=$server->id&success=1");
    }
}
$saved = isset($_GET['success']) ? Html::alert('success', 'Changes Saved Successfully!') : $message;
$fields = Html::fields([
    'Name' => Html::input('name', $server->name),
    'Hostname' => Html::input('hostname', $server->hostname),
    'IP Address' => Html::input('ipaddress', $server->ipaddress),
    'Assigned IP Addresses' => Html::setting('assignedips', ['Type' => 'textarea', 'Rows' => 4], $server->assignedips),
    'Module' => Html::e($server->type),
    'Username' => Html::input('username', $server->username),
    'Password' => Html::input('password', '', 'password') . '<div class="help-block">Empty keeps the stored one.</div>',
    'Access Hash' => Html::setting('accesshash', ['Type' => 'textarea', 'Rows' => 3], $server->accesshash),
    'Secure' => Html::setting('secure', ['Type' => 'yesno', 'Description' => 'Use SSL'], $server->secure),
    'Port' => Html::input('port', $server->port),
]);
$buttons = '<button class="btn btn-default" name="action" value="testconnection">Test Connection</button> '
    . '<button class="btn btn-primary" name="action" value="save">Save Changes</button>';
Page::admin("Server $server->name", $saved . Html::form("configservers.php?id=$server->id", [], $fields . $buttons));
