<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use Kvmbridge\Shim\Fault;
use Kvmbridge\Shim\Signature;
use PHPUnit\Framework\TestCase;

final class SignatureTest extends TestCase
{
    private const VECTORS = __DIR__ . '/../../bridge/testdata/signature_vectors.json';

    /** @dataProvider vectors */
    public function testOf_agreesWithTheVectorsOfBothHalves(array $vector): void
    {
        $got = Signature::of($vector['secret'], $vector['method'], $vector['path'], $vector['time'], $vector['nonce'], $vector['body']);
        self::assertSame($vector['signature'], $got);
    }

    /** @dataProvider vectors */
    public function testCheck_acceptsEveryVectorAtItsTime(array $vector): void
    {
        Signature::check([$vector['key'] => $vector['secret']], self::serverOf($vector), $vector['body'], (int) $vector['time']);
        $this->addToAssertionCount(1);
    }

    public function vectors(): array
    {
        $vectors = json_decode((string) file_get_contents(self::VECTORS), true);
        self::assertGreaterThanOrEqual(6, count($vectors));
        return array_combine(array_column($vectors, 'name'), array_map(static function (array $vector): array {
            return [$vector];
        }, $vectors));
    }

    /** @dataProvider alterations */
    public function testCheck_refuses(string $reason, array $server, string $body, int $late): void
    {
        $vector = ['key' => 'k1', 'secret' => 's', 'method' => 'POST', 'path' => '/a?b=1', 'time' => '1790000000',
            'nonce' => str_repeat('0a', 16), 'body' => '{}'];
        $vector['signature'] = Signature::of('s', 'POST', '/a?b=1', $vector['time'], $vector['nonce'], '{}');
        try {
            Signature::check(['k1' => 's', 'k2' => ''], $server + self::serverOf($vector), $body, 1790000000 + $late);
            self::fail("accepted, want $reason");
        } catch (Fault $fault) {
            self::assertSame($reason, $fault->reason);
            self::assertSame(401, $fault->status);
        }
    }

    public function alterations(): array
    {
        return [
            'no key id' => ['unknown_key', ['HTTP_X_KVMBRIDGE_KEY' => ''], '{}', 0],
            'a foreign key id' => ['unknown_key', ['HTTP_X_KVMBRIDGE_KEY' => 'k3'], '{}', 0],
            'a key id whose secret is empty' => ['unknown_key', ['HTTP_X_KVMBRIDGE_KEY' => 'k2'], '{}', 0],
            'another body' => ['bad_signature', [], '{ }', 0],
            'another path' => ['bad_signature', ['REQUEST_URI' => '/a?b=2'], '{}', 0],
            'another method' => ['bad_signature', ['REQUEST_METHOD' => 'PUT'], '{}', 0],
            'another nonce' => ['bad_signature', ['HTTP_X_KVMBRIDGE_NONCE' => str_repeat('0b', 16)], '{}', 0],
            'a short nonce' => ['bad_signature', ['HTTP_X_KVMBRIDGE_NONCE' => '0a'], '{}', 0],
            'another time' => ['bad_signature', ['HTTP_X_KVMBRIDGE_TIME' => '1790000001'], '{}', 0],
            'no signature' => ['bad_signature', ['HTTP_X_KVMBRIDGE_SIGNATURE' => ''], '{}', 0],
            'a cut signature' => ['bad_signature', ['HTTP_X_KVMBRIDGE_SIGNATURE' => 'ab'], '{}', 0],
            '61 s late' => ['stale_time', [], '{}', 61],
            '61 s early' => ['stale_time', [], '{}', -61],
        ];
    }

    public function testCheck_allowsAMinuteEitherWay(): void
    {
        foreach ([-60, 60] as $late) {
            $vector = ['key' => 'k1', 'method' => 'POST', 'path' => '/', 'time' => '1790000000', 'nonce' => str_repeat('0a', 16)];
            $vector['signature'] = Signature::of('s', 'POST', '/', $vector['time'], $vector['nonce'], '');
            Signature::check(['k1' => 's'], self::serverOf($vector), '', 1790000000 + $late);
        }
        $this->addToAssertionCount(2);
    }

    /** Nonces of another shape could run through the nonce memory of the other side. */
    public function testCheck_refusesAWellSignedNonceOfAnotherShape(): void
    {
        foreach (['0a', str_repeat('0A', 16), str_repeat('0a', 17), str_repeat('0a', 16) . "\n"] as $nonce) {
            $vector = ['key' => 'k1', 'method' => 'POST', 'path' => '/', 'time' => '1790000000', 'nonce' => $nonce];
            $vector['signature'] = Signature::of('s', 'POST', '/', $vector['time'], $nonce, '');
            try {
                Signature::check(['k1' => 's'], self::serverOf($vector), '', 1790000000);
                self::fail("accepted the nonce \"$nonce\"");
            } catch (Fault $fault) {
                self::assertSame('bad_signature', $fault->reason);
            }
        }
    }

    public function testHeaders_neverRepeatANonce(): void
    {
        $nonces = [];
        for ($n = 0; $n < 50; $n++) {
            $nonces[] = preg_grep('/Nonce/', Signature::headers('k1', 's', '/', ''))[2];
        }
        self::assertCount(50, array_unique($nonces));
    }

    private static function serverOf(array $vector): array
    {
        return [
            'REQUEST_METHOD' => $vector['method'], 'REQUEST_URI' => $vector['path'], 'HTTP_X_KVMBRIDGE_KEY' => $vector['key'],
            'HTTP_X_KVMBRIDGE_TIME' => $vector['time'], 'HTTP_X_KVMBRIDGE_NONCE' => $vector['nonce'],
            'HTTP_X_KVMBRIDGE_SIGNATURE' => $vector['signature'],
        ];
    }
}
