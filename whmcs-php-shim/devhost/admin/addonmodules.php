<?php
/**
 * The page of an addon, for the roles that were given access.
 */

declare(strict_types=1);

use Devhost\Addons;
use Devhost\Page;

define('ADMINAREA', true);
require_once __DIR__ . '/../init.php';

$admin = Page::requireAdmin();
$module = (string) ($_GET['module'] ?? '');
if (!Addons::load($module) || !Addons::isActive($module)) {
    Page::stop(404, 'Addon', 'This addon module is not active.');
}
if (!Addons::mayOpen($module, $admin)) {
    Page::stop(403, 'Access Denied', 'Your admin role has no access to this addon. Tick it under Addon Modules.');
}
$html = Addons::output($module);
Page::admin((string) Addons::config($module)['name'], $html);
