<?php

declare(strict_types=1);

use Devhost\Html;
use Devhost\Page;
use Devhost\Session;

define('CLIENTAREA', true);
require_once __DIR__ . '/init.php';

$goto = (string) ($_REQUEST['goto'] ?? 'clientarea.php');
$goto = preg_match('/^(clientarea|cart)\.php(\?[\w=&%.+-]*)?$/D', $goto) ? $goto : 'clientarea.php';
$message = '';
if (Page::isPost()) {
    if (Session::loginClient((string) ($_POST['username'] ?? ''), (string) ($_POST['password'] ?? ''))) {
        Page::redirect($goto);
    }
    $message = Html::alert('danger', 'Login details incorrect. Please try again.');
}
Page::client('Login', $message . Html::form('login.php', ['goto' => $goto], Html::fields([
    'E-mail address' => Html::input('username', ''),
    'Password' => Html::input('password', '', 'password'),
    '' => Html::button('Login', 'primary'),
])));
