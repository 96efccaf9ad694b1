<?php
/**
 * Addon modules: activate, deactivate, settings, access by admin role.
 */

declare(strict_types=1);

use Devhost\Addons;
use Devhost\Html;
use Devhost\Page;
use WHMCS\Database\Capsule;

define('ADMINAREA', true);
require_once __DIR__ . '/../init.php';

Page::requireAdmin();
$message = '';
if (Page::isPost()) {
    $module = (string) ($_POST['module'] ?? '');
    switch ($_POST['action'] ?? '') {
        case 'activate':
        case 'deactivate':
            $result = $_POST['action'] === 'activate' ? Addons::activate($module) : Addons::deactivate($module);
            $style = ['success' => 'success', 'info' => 'info'][$result['status']] ?? 'danger';
            $message = Html::alert($style, (string) $result['description']);
            break;
        case 'save':
            Addons::save($module, (array) ($_POST['fields'] ?? []), (array) ($_POST['access'] ?? []));
            $message = Html::alert('success', 'Changes Saved Successfully!');
    }
}
$html = '';
foreach (Addons::all() as $module) {
    $config = Addons::config($module);
    $active = Addons::isActive($module);
    $action = $active ? 'deactivate' : 'activate';
    $html .= '<h2>' . Html::e($config['name']) . ' ' . Html::e($config['version']) . '</h2><p>' . Html::e($config['description']) . '</p>'
        . Html::form('configaddonmods.php', ['module' => $module, 'action' => $action], Html::button(ucfirst($action), $active ? 'default' : 'success'));
    if (!$active) {
        continue;
    }
    $rows = [];
    foreach ($config['fields'] ?? [] as $name => $field) {
        $value = Addons::setting($module, $name) ?? (string) ($field['Default'] ?? '');
        $rows[Html::e($field['FriendlyName'] ?? $name)] = Html::setting("fields[$name]", $field, $value);
    }
    $roles = '';
    $ticked = explode(',', (string) Addons::setting($module, 'access'));
    foreach (Capsule::table('tbladminroles')->orderBy('id')->get() as $role) {
        $checked = in_array((string) $role->id, $ticked, true) ? ' checked' : '';
        $roles .= "<label><input type=\"checkbox\" name=\"access[]\" value=\"$role->id\"$checked> " . Html::e($role->name) . '</label> ';
    }
    $rows['Access Control'] = 'Choose the admin role groups to permit access to this module:<br>' . $roles;
    $html .= Html::form('configaddonmods.php', ['module' => $module, 'action' => 'save'], Html::fields($rows) . Html::button('Save Changes', 'primary'));
}
Page::admin('Addon Modules', $message . $html);
