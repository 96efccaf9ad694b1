<?php

declare(strict_types=1);

use Devhost\Html;
use Devhost\Page;
use Devhost\Queue;

define('ADMINAREA', true);
require_once __DIR__ . '/../init.php';

Page::requireAdmin();
$message = '';
if (Page::isPost()) {
    foreach (Queue::open() as $entry) {
        if ((int) $entry->id === (int) ($_POST['id'] ?? 0)) {
            $message = Html::outcome(Queue::retry($entry));
        }
    }
}
$rows = [];
foreach (Queue::open() as $entry) {
    $rows[] = [
        Html::link("clientsservices.php?id=$entry->service_id", "#$entry->service_id"), Html::e($entry->module_action),
        Html::e($entry->last_attempt), Html::e($entry->last_attempt_error), Html::e($entry->num_retries),
        Html::form('modulequeue.php', ['id' => $entry->id], Html::button('Retry')),
    ];
}
Page::admin('Module Queue', $message . Html::table(['Service', 'Action', 'Last attempt', 'Error', 'Retries', ''], $rows));
