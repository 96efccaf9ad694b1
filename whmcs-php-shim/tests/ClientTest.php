<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use Kvmbridge\Shim\Client;
use Kvmbridge\Shim\Fault;
use Kvmbridge\Shim\Settings;
use Kvmbridge\Shim\Signature;

final class ClientTest extends ShimTestCase
{
    public function testPost_isSignedOverThePathOfTheRequestLine(): void
    {
        $this->post(FakeSidecar::url('success'), '/v1/module/X', '{"ü":"€"}');
        $request = FakeSidecar::lastRequest();
        self::assertSame(['POST', '/success/v1/module/X', '{"ü":"€"}'], [$request['method'], $request['path'], $request['body']]);
        self::assertSame('application/json', $request['server']['CONTENT_TYPE']);
        Signature::check(['k1' => FakeSidecar::SECRET], $request['server'], $request['body'], time());
    }

    public function testPost_triesTheNextAddressWhenNothingWasSent(): void
    {
        $this->post(FakeSidecar::deadUrl() . ', ' . FakeSidecar::url('success'), '/v1/module/X');
        self::assertSame('/success/v1/module/X', FakeSidecar::lastRequest()['path']);
    }

    /** @dataProvider afterSending */
    public function testPost_triesNoOtherAddressOnceItSent(string $behaviour): void
    {
        try {
            $this->post(FakeSidecar::url($behaviour) . ' ' . FakeSidecar::url('success'), '/v1/module/X');
            self::fail('the failure of the first address was lost');
        } catch (Fault $fault) {
            self::assertStringContainsString("/$behaviour", $fault->getMessage());
        }
        self::assertSame("/$behaviour/v1/module/X", FakeSidecar::lastRequest()['path']);
    }

    public function afterSending(): array
    {
        return ['slow' => ['slow'], 'cut' => ['cut'], 'html' => ['html'], 'error' => ['error-500']];
    }

    public function testPost_namesTheLastAddressWhenAllAreDead(): void
    {
        $second = FakeSidecar::deadUrl();
        $this->expectExceptionMessage($second);
        $this->post(FakeSidecar::deadUrl() . ",$second", '/v1/module/X');
    }

    public function testPost_speaksOverAUnixSocket(): void
    {
        $socket = FakeSidecar::folder() . '/sidecar.sock';
        PhpServer::start([PHP_BINARY, __DIR__ . '/fake/unixsocket.php', $socket]);
        PhpServer::await(static function () use ($socket): bool {
            return file_exists("$socket.ready.json");
        }, $socket);
        $this->post("unix://$socket", '/v1/module/X');
        $line = json_decode((string) file_get_contents("$socket.request.json"), true)['line'];
        self::assertSame('POST /v1/module/X HTTP/1.1', $line);
    }

    public function testPost_sendsNothingToACertificateNobodyTrusts(): void
    {
        $folder = FakeSidecar::folder();
        PhpServer::start([PHP_BINARY, __DIR__ . '/fake/tls.php', $folder]);
        PhpServer::await(static function () use ($folder): bool {
            return is_file("$folder/tls.address");
        }, 'the TLS server');
        $url = 'https://' . file_get_contents("$folder/tls.address");
        try {
            $this->post($url, '/v1/module/X');
            self::fail('the certificate was trusted');
        } catch (Fault $fault) {
            self::assertSame('unreachable', $fault->reason);
            self::assertStringContainsString($url, $fault->getMessage());
        }
        self::assertFileDoesNotExist("$folder/tls.received");
    }

    public function testPost_usesNoProxyOfTheEnvironment(): void
    {
        putenv('http_proxy=' . FakeSidecar::deadUrl());
        try {
            $this->post(FakeSidecar::url('success'), '/v1/module/X');
        } finally {
            putenv('http_proxy');
        }
        self::assertNotNull(FakeSidecar::lastRequest());
    }

    public function testRelay_isKeptAliveByTheSmallestSign(): void
    {
        $heard = '';
        $this->relay('tasks-beat', 1.5, $heard);
        self::assertSame("{}\n{}\n{}\n{}\n{}\n{}\n{\"exit\":0}\n", $heard);
    }

    public function testRelay_endsInSilence(): void
    {
        $heard = '';
        $started = microtime(true);
        try {
            $this->relay('tasks-silent', 1.0, $heard);
            self::fail('it waited for the end');
        } catch (Fault $fault) {
            self::assertSame('no_answer', $fault->reason);
        }
        self::assertSame("{\"line\":\"first\"}\n", $heard);
        self::assertLessThan(4, microtime(true) - $started, 'seconds waited, of 8');
    }

    /** @dataProvider addresses */
    public function testPost_refusesAddressesItCannotUse(string $url): void
    {
        try {
            $this->post($url, '/v1/module/X');
            self::fail("accepted $url");
        } catch (Fault $fault) {
            self::assertSame('bad_url', $fault->reason);
        }
    }

    public function addresses(): array
    {
        return [['127.0.0.1:8472'], ['ftp://host'], ['http://'], ['http://host?x'], ['file:///etc/passwd'], ['unix://relative']];
    }

    public function testSettings_replaceSenselessValues(): void
    {
        $settings = new Settings(['total_timeout' => '900', 'connect_timeout' => 'soon', 'secret' => 'a', 'secret_next' => '']);
        self::assertSame(25000, $settings->milliseconds('total_timeout', 10, 25));
        self::assertSame(2000, $settings->milliseconds('connect_timeout', 2, 10));
        self::assertSame(['http://127.0.0.1:8472'], $settings->urls());
        self::assertSame(['k1' => 'a'], $settings->keys());
    }

    public function testSettings_readPastEmptyTwins(): void
    {
        foreach (['', ' s1 ', ''] as $value) {
            \WHMCS\Database\Capsule::table('tbladdonmodules')->insert(['module' => 'puq_proxmox_kvm', 'setting' => 'secret', 'value' => $value]);
        }
        self::assertSame(['k1' => 's1'], Settings::load()->keys());
    }

    private function relay(string $behaviour, float $patience, string &$heard): void
    {
        $settings = new Settings(['sidecar_urls' => FakeSidecar::url($behaviour), 'secret' => FakeSidecar::SECRET]);
        Client::relay($settings, '/v1/tasks/run', '{}', $patience, static function (): void {
        }, [CURLOPT_WRITEFUNCTION => static function ($curl, string $part) use (&$heard): int {
            $heard .= $part;
            return strlen($part);
        }]);
    }

    private function post(string $urls, string $path, string $body = '{}'): array
    {
        $total = strpos($urls, '/slow') === false ? '15' : '0.4';
        $settings = ['sidecar_urls' => $urls, 'secret' => FakeSidecar::SECRET, 'total_timeout' => $total, 'connect_timeout' => '5'];
        return Client::post(new Settings($settings), $path, $body);
    }
}
