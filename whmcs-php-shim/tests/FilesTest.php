<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use PHPUnit\Framework\TestCase;

/** What WHMCS and the web server see of the module folders. */
final class FilesTest extends TestCase
{
    private const MODULES = __DIR__ . '/../modules';

    /** @dataProvider modules */
    public function testMeta_describesTheModuleOfItsFolder(string $kind, string $name): void
    {
        $meta = json_decode((string) file_get_contents(self::MODULES . "/$kind/$name/whmcs.json"), true);
        self::assertSame(['1.0', "whmcs-$kind", $name, 'Proxmox KVM (kvmbridge)'],
            [$meta['schema'], $meta['type'], $meta['name'], $meta['description']['name']]);
    }

    public function modules(): array
    {
        return [['servers', 'puqProxmoxKVM'], ['addons', 'puq_proxmox_kvm']];
    }

    /** @dataProvider entryFiles */
    public function testEntryFile_stopsOutsideOfWhmcs(string $file): void
    {
        exec(escapeshellarg(PHP_BINARY) . ' ' . escapeshellarg(self::MODULES . "/$file"), $output, $code);
        self::assertSame(['This file cannot be accessed directly'], $output);
    }

    public function entryFiles(): array
    {
        return [['servers/puqProxmoxKVM/puqProxmoxKVM.php'], ['servers/puqProxmoxKVM/hooks.php'], ['addons/puq_proxmox_kvm/puq_proxmox_kvm.php']];
    }

    /** @dataProvider modules */
    public function testLib_isClosedToTheWeb(string $kind, string $name): void
    {
        self::assertStringContainsString('denied', (string) file_get_contents(self::MODULES . "/$kind/$name/lib/.htaccess"));
    }

    /** What these rules do was tried on Apache 2.4, with and without mod_access_compat: 403 until a line is uncommented. */
    public function testNameList_isClosedToTheWebUntilSomebodyIsNamed(): void
    {
        $lines = file(self::MODULES . '/servers/puqProxmoxKVM/lib/dns/.htaccess', FILE_IGNORE_NEW_LINES);
        $live = preg_grep('/^\s*#/', $lines, PREG_GREP_INVERT);
        self::assertCount(1, preg_grep('/^\s*Require all denied$/', $live));
        self::assertCount(1, preg_grep('/^\s*deny from all$/', $live));
        self::assertSame([], preg_grep('/allow from|Require (?!all denied)|Satisfy/i', $live));
        self::assertCount(2, preg_grep('/^\s*# (allow from|Require ip) 192\.0\.2\.10$/', $lines));
        self::assertStringContainsString('^(?!dns\.php$)', (string) file_get_contents(self::MODULES . '/servers/puqProxmoxKVM/lib/.htaccess'));
    }

    public function testModules_keepToTheirOwnNames(): void
    {
        foreach (glob(self::MODULES . '/*/*/lib/*.php') as $file) {
            $code = (string) file_get_contents($file);
            if (!in_array(basename($file), ['load.php', 'whmcs.php'], true)) {
                self::assertStringContainsString("<?php declare(strict_types=1);\n\nnamespace Kvmbridge\\Shim;", $code, $file);
            }
            self::assertDoesNotMatchRegularExpression('/\b(sleep|usleep|eval|exec|system|unserialize)\s*\(/', $code, $file);
        }
    }
}
