<?php

declare(strict_types=1);

define('CLIENTAREA', true);
require_once __DIR__ . '/init.php';

Devhost\Session::logout('devhost_user', 'devhost_client');
Devhost\Page::redirect('index.php');
