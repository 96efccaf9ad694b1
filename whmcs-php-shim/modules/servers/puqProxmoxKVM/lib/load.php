<?php declare(strict_types=1);

// The two modules are installed together and share their classes. WHMCS's own autoloader guesses class names from folder names,
// and this folder's name has capitals.
spl_autoload_register(static function (string $class): void {
    $file = str_replace('Kvmbridge\\Shim\\', '/', $class) . '.php';
    foreach ($file[0] === '/' ? [__DIR__, __DIR__ . '/../../../addons/puq_proxmox_kvm/lib'] : [] as $folder) {
        is_file($folder . $file) && require_once $folder . $file;
    }
});
