<?php

declare(strict_types=1);

use Devhost\Html;
use Devhost\Page;
use WHMCS\Database\Capsule;

define('ADMINAREA', true);
require_once __DIR__ . '/../init.php';

Page::requireAdmin();
$rows = [];
foreach (Capsule::table('tblhosting')->orderBy('id', 'desc')->limit(200)->get() as $service) {
    $product = Capsule::table('tblproducts')->where('id', $service->packageid)->value('name');
    $rows[] = [
        Html::link("clientsservices.php?userid=$service->userid&id=$service->id", "#$service->id"),
        Html::e($product), Html::e($service->domain), Html::e($service->dedicatedip), Html::e($service->domainstatus),
    ];
}
Page::admin('Services', Html::table(['Service', 'Product', 'Domain', 'Dedicated IP', 'Status'], $rows));
