<?php

declare(strict_types=1);

// No autoloader: WHMCS's own guesses class names from folder names, and this folder's name has capitals.
foreach (['Fault', 'Settings', 'Signature', 'Client', 'Payload', 'Output', 'Funnel', 'ServerModule', 'NameList'] as $class) {
    require_once __DIR__ . "/$class.php";
}
