<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use PHPUnit\Framework\TestCase;
use WHMCS\Database\Capsule;

/** A WHMCS with the addon activated, and a client, a product and a service. */
abstract class ShimTestCase extends TestCase
{
    protected const PARAMS = [
        'serviceid' => '101', 'userid' => 12, 'pid' => 3, 'serverid' => 4, 'status' => 'Pending', 'domain' => 'vm101.example.com',
        'username' => '', 'password' => 'Guest-pass 1', 'serverhostname' => 'pve.example.com', 'serverip' => '192.0.2.1',
        'serverusername' => 'kvmbridge@pve!whmcs', 'serverpassword' => '00000000-0000-4000-8000-000000000000',
        'serveraccesshash' => '', 'serversecure' => true, 'serverport' => '8006',
    ];

    protected function setUp(): void
    {
        $GLOBALS['CONFIG'] = ['Version' => '8.13.0-release.1', 'ModuleDebugMode' => 'on', 'CompanyName' => 'Example Hosting'];
        $_SESSION = $_GET = $_POST = $_REQUEST = [];
        $_SERVER['SCRIPT_NAME'] = 'phpunit';
        unset($_SERVER['REQUEST_METHOD'], $_SERVER['QUERY_STRING']);
        Capsule::$tables = [];
        Capsule::$fault = null;
        FakeSidecar::forget();
        \Devhost\Cipher::configure('hash');
    }

    /** @param array<string,string> $more settings of the addon */
    protected function sidecarIs(string $urls, array $more = []): void
    {
        $settings = $more + ['sidecar_urls' => $urls, 'secret' => FakeSidecar::SECRET, 'total_timeout' => '15', 'connect_timeout' => '5'];
        Capsule::$tables['tbladdonmodules'] = [];
        foreach ($settings as $setting => $value) {
            Capsule::table('tbladdonmodules')->insert(['module' => 'puq_proxmox_kvm', 'setting' => $setting, 'value' => $value]);
        }
    }

    /** @return string everything in the module log */
    protected function moduleLog(): string
    {
        return implode("\n", array_map(static function (array $row): string {
            return implode("\n", array_map('strval', $row));
        }, Capsule::$tables['tblmodulelog'] ?? []));
    }

    /** A text for people: sentences with capital and full stop, no HTML. */
    protected static function assertSentence(string $text): void
    {
        self::assertMatchesRegularExpression('/^[A-Z].{20,}[.)]$/s', $text);
        self::assertStringNotContainsString('<', $text);
    }
}
