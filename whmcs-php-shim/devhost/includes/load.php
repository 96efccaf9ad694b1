<?php

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    foreach (['Devhost\\' => 'devhost', 'WHMCS\\' => 'whmcs'] as $prefix => $folder) {
        $file = __DIR__ . "/$folder/" . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
        if (strpos($class, $prefix) === 0 && is_file($file)) {
            require_once $file;
        }
    }
});
require_once __DIR__ . '/functions.php';
