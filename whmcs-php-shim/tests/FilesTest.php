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

    public function testModules_keepToTheirOwnNames(): void
    {
        foreach (glob(self::MODULES . '/*/*/lib/*.php') as $file) {
            $code = (string) file_get_contents($file);
            if (basename($file) !== 'load.php') {
                self::assertStringContainsString("declare(strict_types=1);\n\nnamespace Kvmbridge\\Shim;", $code, $file);
            }
            self::assertDoesNotMatchRegularExpression('/\b(sleep|usleep|eval|exec|system|unserialize)\s*\(/', $code, $file);
        }
    }
}
