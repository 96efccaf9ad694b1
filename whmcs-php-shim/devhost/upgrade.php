<?php
/**
 * Upgrades and downgrades by the client: type=package changes the product, type=configoptions its options. Payment is
 * not part of it.
 */

declare(strict_types=1);

use Devhost\Html;
use Devhost\OptionForm;
use Devhost\Orders;
use Devhost\Page;
use Devhost\Upgrades;
use WHMCS\Database\Capsule;

define('CLIENTAREA', true);
require_once __DIR__ . '/init.php';

$client = Page::requireClient();
$service = Capsule::table('tblhosting')->where('id', (int) ($_REQUEST['id'] ?? 0))->where('userid', $client->id)->first();
if ($service === null || $service->domainstatus !== 'Active') {
    Page::stop(404, 'Oops!', 'Only active products can be upgraded.');
}
if (Page::isPost()) {
    Upgrades::complete((int) $service->id, (int) ($_POST['pid'] ?? 0), array_map('intval', (array) ($_POST['configoption'] ?? [])));
    Page::redirect("clientarea.php?action=productdetails&id=$service->id&upgraded=1");
}
$type = ($_GET['type'] ?? '') === 'package' ? 'package' : 'configoptions';
$rows = OptionForm::rows((int) $service->packageid, Orders::chosen((int) $service->id));
if ($type === 'package') {
    $products = Capsule::table('tblproducts')->where('hidden', 0)->where('retired', 0)->orderBy('order')->pluck('name', 'id')->all();
    $rows = ['Product' => Html::select('pid', $products, $service->packageid)];
}
$hidden = ['type' => $type, 'id' => $service->id, 'step' => 3];
Page::client('Upgrade/Downgrade', Html::form('upgrade.php', $hidden, Html::fields($rows) . Html::button('Complete Upgrade', 'success')));
