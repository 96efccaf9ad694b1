<?php

declare(strict_types=1);

use Devhost\Html;
use Devhost\Page;
use WHMCS\Database\Capsule;

define('ADMINAREA', true);
require_once __DIR__ . '/../init.php';

Page::requireAdmin();
$counts = [];
foreach (['Pending', 'Active', 'Suspended', 'Terminated'] as $status) {
    $counts[] = [$status, (string) Capsule::table('tblhosting')->where('domainstatus', $status)->count()];
}
$counts[] = [Html::link('modulequeue.php', 'Module queue'), (string) Devhost\Queue::open()->count()];
Page::admin('Home', '<p>This program stands in for WHMCS where the kvmbridge modules touch it.</p>' . Html::table(['Services', ''], $counts));
