<?php

declare(strict_types=1);

// The two modules are installed together and share the code that speaks with the service.
require_once __DIR__ . '/../../../servers/puqProxmoxKVM/lib/load.php';
foreach (['AddonModule', 'AddonPage', 'Effects', 'Callback'] as $class) {
    require_once __DIR__ . "/$class.php";
}
