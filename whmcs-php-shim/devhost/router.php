<?php
/**
 * Router of PHP's built-in server: php -S 127.0.0.1:PORT router.php, started in the document root.
 * Serves scripts and assets and hides everything that a web server for WHMCS would hide.
 */

declare(strict_types=1);

return (static function (): bool {
    $path = rawurldecode((string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
    $hidden = '~(^|/)(\.[^/]*|includes|bin|crons|lib|sessions|templates)(/|$)|\.(tpl|sql)$|^/(configuration|init|router)\.php$~';
    $file = __DIR__ . $path;
    $open = $path === '/modules/servers/puqProxmoxKVM/lib/dns/dns.php'; // its folder has an .htaccess of its own
    if (strpos($path, '..') !== false || !$open && preg_match($hidden, $path) || is_dir($file) && !is_file("$file/index.php")) {
        http_response_code(404);
        echo 'Not found';
        return true;
    }
    if (is_dir($file) && substr($path, -1) !== '/') {
        header("Location: $path/");
        return true;
    }
    return false;
})();
