<?php
/**
 * Ordering: choose a product, its configurable options, place the order.
 */

declare(strict_types=1);

use Devhost\Html;
use Devhost\OptionForm;
use Devhost\Orders;
use Devhost\Page;
use WHMCS\Database\Capsule;

define('CLIENTAREA', true);
require_once __DIR__ . '/init.php';

$product = Capsule::table('tblproducts')->where('id', (int) ($_REQUEST['pid'] ?? 0))->where('hidden', 0)->first();
if ($product === null) {
    $rows = [];
    foreach (Capsule::table('tblproducts')->where('hidden', 0)->where('retired', 0)->orderBy('order')->get() as $row) {
        $rows[] = [Html::e($row->name), Html::e($row->description), Html::link("cart.php?a=add&pid=$row->id", 'Order Now', 'btn btn-success')];
    }
    Page::client('Order', Html::table(['Product', '', ''], $rows));
    exit;
}
$client = Page::requireClient();
if (Page::isPost()) {
    $choices = array_map('intval', (array) ($_POST['configoption'] ?? []));
    $order = Orders::place((int) $client->id, (int) $product->id, $choices, trim((string) ($_POST['hostname'] ?? '')));
    Orders::setUp($order['service_id'], 'order');
    Page::redirect("clientarea.php?action=productdetails&id={$order['service_id']}&ordered=1");
}
$rows = ['Host name' => Html::input('hostname', '') . '<div class="help-block">May stay empty.</div>'];
$rows += OptionForm::rows((int) $product->id, []);
$form = Html::form('cart.php', ['pid' => $product->id], Html::fields($rows) . Html::button('Complete Order', 'success'));
Page::client("Configure $product->name", $form);
