<?php

declare(strict_types=1);

define('ADMINAREA', true);
require_once __DIR__ . '/../init.php';

Devhost\Session::logout('adminid');
Devhost\Page::redirect('login.php');
