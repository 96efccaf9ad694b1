<?php
/**
 * The product editor's Module Settings tab: drawing (also as JSON for the tab's own request) and saving.
 */

declare(strict_types=1);

use Devhost\Html;
use Devhost\Metrics;
use Devhost\Page;
use Devhost\Products;
use WHMCS\Database\Capsule;

define('ADMINAREA', true);
require_once __DIR__ . '/../init.php';

Page::requireAdmin();
$product = Capsule::table('tblproducts')->where('id', (int) ($_REQUEST['id'] ?? 0))->first();
if ($product === null) {
    $rows = [];
    foreach (Capsule::table('tblproducts')->orderBy('id')->get() as $row) {
        $rows[] = [Html::link("configproducts.php?action=edit&id=$row->id", $row->name), Html::e($row->servertype), Html::e($row->autosetup)];
    }
    Page::admin('Products', Html::table(['Product', 'Module', 'Automatic set-up'], $rows));
    exit;
}
$message = '';
if (Page::isPost()) {
    Products::save($product, (array) ($_POST['packageconfigoption'] ?? []));
    Metrics::enable($product, (array) ($_POST['metrics'] ?? []));
    Page::redirect("configproducts.php?action=edit&id=$product->id&success=1");
}
$rows = [];
foreach (Products::fields($product) as $n => [$field, $value]) {
    $rows[Html::e($field['FriendlyName'] ?? "Option $n")] = Html::setting("packageconfigoption[$n]", $field, $value);
}
$tab = Html::fields($rows);
if (($_REQUEST['action'] ?? '') === 'module-settings') {
    header('Content-Type: application/json');
    exit(json_encode(['content' => $tab, 'mode' => 'advanced']));
}
$metrics = [];
foreach (Metrics::ofProduct($product) as $name => [$metric, $enabled]) {
    $box = '<input type="checkbox" name="metrics[]" value="' . Html::e($name) . '"' . ($enabled ? ' checked' : '') . '>';
    $metrics[$box] = Html::e($metric->displayName());
}
$tab .= $metrics === [] ? '' : '<h2>Metric Billing</h2>' . Html::fields($metrics);
$saved = isset($_GET['success']) ? Html::alert('success', 'Changes Saved Successfully!') : '';
$form = Html::form('configproducts.php', ['action' => 'save', 'id' => $product->id], $tab . Html::button('Save Changes', 'primary'));
Page::admin($product->name, "$saved<h2>Module Settings</h2>$form");
