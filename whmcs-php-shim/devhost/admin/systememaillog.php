<?php

declare(strict_types=1);

use Devhost\LogPage;

define('ADMINAREA', true);
require_once __DIR__ . '/../init.php';

Devhost\Page::requireAdmin();
LogPage::show('Emails', 'tblemails', ['date' => 'Date', 'to' => 'To', 'subject' => 'Subject', 'message' => 'Message'], 'message');
