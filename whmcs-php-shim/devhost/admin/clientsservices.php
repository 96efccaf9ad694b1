<?php
/**
 * The service page for staff: module commands, fields of the module, stored values.
 */

declare(strict_types=1);

use Devhost\Html;
use Devhost\Page;
use Devhost\ServicePage;

define('ADMINAREA', true);
require_once __DIR__ . '/../init.php';

Page::requireAdmin();
$page = ServicePage::open((int) ($_REQUEST['id'] ?? $_REQUEST['productselect'] ?? 0));
$message = '';
if (Page::isPost()) {
    if (isset($_POST['metrics'])) {
        $result = $page->refreshMetrics();
    } else {
        $result = isset($_POST['modop']) ? $page->command((string) $_POST['modop'], (string) ($_POST['ac'] ?? '')) : $page->save($_POST);
    }
    if (!empty($_POST['ajax'])) {
        exit($result);
    }
    $message = Html::outcome($result);
}
Page::admin("Service #{$page->id()}", $message . $page->html());
