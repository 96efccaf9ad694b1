<?php
/**
 * Loads the stand-in for WHMCS: configuration, database, settings, hooks of the modules, session. Every page, the cron
 * entry point, the command line and the modules' own files start here, as they do with WHMCS.
 */

declare(strict_types=1);

defined('WHMCS') || define('WHMCS', true);
defined('ROOTDIR') || define('ROOTDIR', __DIR__);

require_once __DIR__ . '/includes/load.php';

(static function (): void {
    $file = ROOTDIR . '/configuration.php';
    if (!is_file($file)) {
        throw new RuntimeException("devhost needs $file with the database's name and account.");
    }
    require $file;
    $GLOBALS['customadminpath'] = $customadminpath ?? 'admin';
    Devhost\Database::configure(get_defined_vars());
    Devhost\Cipher::configure((string) ($cc_encryption_hash ?? ''));
})();

$GLOBALS['CONFIG'] = Devhost\Config::all();
$GLOBALS['_LANG'] = [];
if (PHP_SAPI !== 'cli' && session_status() === PHP_SESSION_NONE) {
    // Inside the document root's own folder, so that removing it leaves nothing behind; the router hides it.
    is_dir(ROOTDIR . '/sessions') || @mkdir(ROOTDIR . '/sessions', 0700);
    session_save_path(ROOTDIR . '/sessions');
    session_name('DEVHOSTSESSION');
    session_start();
}
Devhost\Hooks::loadModules();
