<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use Kvmbridge\Shim\Signature;
use PHPUnit\Framework\TestCase;

/** callback.php over real HTTP, inside a WHMCS that prints HTML while it loads. */
final class CallbackTest extends TestCase
{
    private const PATH = '/addons/puq_proxmox_kvm/callback.php';
    private static $base = '';

    public static function setUpBeforeClass(): void
    {
        if (self::$base === '') {
            self::$base = PhpServer::web(__DIR__ . '/../modules', '', [
                'KVMBRIDGE_WHMCS_ROOT' => __DIR__ . '/fake/root', 'FAKE_SECRET' => FakeSidecar::SECRET,
            ]);
        }
    }

    public function testCallback_answersASignedRequestWithNothingButJson(): void
    {
        [$status, $type, $answer] = self::send([]);
        self::assertSame([200, 'application/json', 'success'], [$status, $type, $answer['result']]);
        self::assertSame('8.13.0-release.1', $answer['data']['whmcs_version']);
    }

    public function testCallback_acceptsTheNextSecretToo(): void
    {
        self::assertSame(200, self::send(['key' => 'k2', 'secret' => 'next-' . FakeSidecar::SECRET])[0]);
    }

    /** @dataProvider refusals */
    public function testCallback_refuses(int $status, string $code, array $how): void
    {
        [$got, $type, $answer] = self::send($how);
        self::assertSame([$status, $code, 'application/json', 'error'], [$got, $answer['code'] ?? '', $type, $answer['result'] ?? '']);
        self::assertMatchesRegularExpression('/^[A-Z].+[.]$/', $answer['message']);
        self::assertStringNotContainsString(FakeSidecar::SECRET, $answer['message']);
    }

    public function refusals(): array
    {
        return [
            'GET' => [405, 'bad_method', ['method' => 'GET']],
            'a large body' => [413, 'too_large', ['body' => str_repeat('x', 1048577)]],
            'a large body of unknown length' => [413, 'too_large', ['body' => str_repeat('x', 1048577), 'chunked' => true]],
            'a foreign secret' => [401, 'bad_signature', ['secret' => 'x']],
            'no signature' => [401, 'unknown_key', ['unsigned' => true]],
            'an unknown key' => [401, 'unknown_key', ['key' => 'k3']],
            'the wrong one of both secrets' => [401, 'bad_signature', ['key' => 'k2']],
            'an old request' => [401, 'stale_time', ['late' => 100]],
            'no JSON' => [400, 'bad_json', ['body' => 'x']],
            'an unknown effect' => [404, 'unknown_effect', ['body' => '{"id":"1","effect":"Nothing","args":{}}']],
            'an unknown field' => [400, 'unknown_field', ['body' => '{"id":"1","effect":"Ping","args":{},"x":1}']],
            'WHMCS exits with a page of its own' => [503, 'whmcs_unavailable', ['query' => '?mode=exit']],
            'WHMCS dies' => [503, 'whmcs_unavailable', ['query' => '?mode=fatal']],
            'WHMCS dies at work, when something may have been done' => [500, 'whmcs_failed', ['query' => '?mode=die-later',
                'body' => '{"id":"1","effect":"LogActivity","args":{"description":"x","client_id":0}}']],
            'WHMCS throws' => [503, 'whmcs_unavailable', ['query' => '?mode=throw']],
        ];
    }

    public function testCallback_acceptsOneMebibyte(): void
    {
        $body = '{"id":"1","effect":"Ping","args":{}}';
        self::assertSame(200, self::send(['body' => $body . str_repeat(' ', 1048576 - strlen($body))])[0]);
    }

    /** @return array{0:int,1:string,2:array} status, content type, answer */
    private static function send(array $how): array
    {
        $how += ['method' => 'POST', 'key' => 'k1', 'secret' => FakeSidecar::SECRET, 'late' => 0, 'query' => '',
            'body' => '{"id":"1","effect":"Ping","args":{}}', 'unsigned' => false, 'chunked' => false];
        $curl = curl_init(self::$base . self::PATH . $how['query']);
        curl_setopt_array($curl, [
            CURLOPT_CUSTOMREQUEST => $how['method'],
            CURLOPT_POSTFIELDS => $how['method'] === 'POST' ? $how['body'] : null,
            CURLOPT_HTTPHEADER => self::headers($how),
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_PROXY => '',
            CURLOPT_TIMEOUT => 20,
        ]);
        $text = (string) curl_exec($curl);
        $answer = json_decode($text, true);
        self::assertIsArray($answer, "not only JSON: $text");
        return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), (string) curl_getinfo($curl, CURLINFO_CONTENT_TYPE), $answer];
    }

    private static function headers(array $how): array
    {
        $common = array_merge(['Expect:', 'Content-Type: application/json'], $how['chunked'] ? ['Transfer-Encoding: chunked'] : []);
        if ($how['unsigned']) {
            return $common;
        }
        [$time, $nonce] = [(string) (time() - $how['late']), bin2hex(random_bytes(16))];
        $signature = Signature::of($how['secret'], $how['method'], self::PATH . $how['query'], $time, $nonce, $how['body']);
        return array_merge($common, ["X-Kvmbridge-Key: {$how['key']}", "X-Kvmbridge-Time: $time", "X-Kvmbridge-Nonce: $nonce",
            "X-Kvmbridge-Signature: $signature"]);
    }
}
