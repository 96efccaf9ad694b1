<?php
/**
 * The client area: list of services, product page with the module's output, custom functions, own mails.
 */

declare(strict_types=1);

use Devhost\ClientPage;
use Devhost\Page;

define('CLIENTAREA', true);
require_once __DIR__ . '/init.php';

$page = new ClientPage(Page::requireClient());
switch ($_REQUEST['action'] ?? '') {
    case 'productdetails':
        $page->product((int) ($_REQUEST['id'] ?? 0));
        break;
    case 'emails':
        $page->emails();
        break;
    default:
        $page->services();
}
