<?php

declare(strict_types=1);

use Devhost\Html;
use Devhost\Page;
use Devhost\Session;

define('ADMINAREA', true);
require_once __DIR__ . '/../init.php';

$message = '';
if (Page::isPost()) {
    if (Session::loginAdmin((string) ($_POST['username'] ?? ''), (string) ($_POST['password'] ?? ''))) {
        Page::redirect('index.php');
    }
    $message = Html::alert('danger', 'Login failed. Please check user name and password.');
}
Page::admin('Login', $message . Html::form('login.php', [], Html::fields([
    'User name' => Html::input('username', ''),
    'Password' => Html::input('password', '', 'password'),
    '' => Html::button('Login', 'primary'),
])));
