<?php

declare(strict_types=1);

use Devhost\LogPage;

define('ADMINAREA', true);
require_once __DIR__ . '/../init.php';

Devhost\Page::requireAdmin();
LogPage::show('Module Log', 'tblmodulelog', [
    'date' => 'Date', 'module' => 'Module', 'action' => 'Action', 'request' => 'Request', 'response' => 'Response',
    'arrdata' => 'Outcome',
]);
