<?php
/**
 * The front page, and with ?m= the client page of an addon.
 */

declare(strict_types=1);

use Devhost\Html;
use Devhost\Page;

define('CLIENTAREA', true);
require_once __DIR__ . '/init.php';

$module = (string) ($_GET['m'] ?? '');
if ($module !== '' && Devhost\Addons::isActive($module) && Devhost\Addons::load($module) && function_exists("{$module}_clientarea")) {
    $page = (array) call_user_func("{$module}_clientarea", ['modulelink' => "index.php?m=$module"]);
    Page::client((string) ($page['pagetitle'] ?? $module), '');
    exit;
}
$admin = $GLOBALS['customadminpath'];
Page::client('Welcome', '<p>This program stands in for WHMCS where the kvmbridge modules touch it.</p><ul><li>'
    . Html::link('cart.php', 'Order a virtual machine') . '</li><li>' . Html::link('clientarea.php', 'Client area') . '</li><li>'
    . Html::link("$admin/index.php", 'Admin area') . '</li></ul>');
