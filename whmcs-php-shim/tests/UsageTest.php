<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use WHMCS\UsageBilling\Contracts\Metrics\MetricInterface;
use WHMCS\UsageBilling\Contracts\Metrics\ProviderInterface;

/** Metric billing and the usage of servers. */
final class UsageTest extends ShimTestCase
{
    private const NAMES = ['Bandwidth Usage In', 'Bandwidth Usage Out'];
    private const OPENAPI = __DIR__ . '/../../bridge/testdata/openapi.json';

    /** @dataProvider contexts */
    public function testMetrics_areTheSameEverywhereAndAskNobody(array $params): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        \WHMCS\Database\Capsule::$fault = new \PDOException('MySQL server has gone away.');
        $provider = puqProxmoxKVM_MetricProvider($params);
        self::assertInstanceOf(ProviderInterface::class, $provider);
        self::assertSame(self::NAMES, array_keys($provider->metrics()));
        foreach ($provider->metrics() as $name => $metric) {
            self::assertSame([$name, $name, MetricInterface::TYPE_PERIOD_MONTH, null], [$metric->systemName(), $metric->displayName(), $metric->type(), $metric->usage()]);
            self::assertSame('1.50 GB', $metric->units()->decorate(1.5));
        }
        self::assertNull(FakeSidecar::lastRequest());
    }

    public function contexts(): array
    {
        return ['nothing' => [[]], 'a product' => [['action' => 'MetricProvider']], 'odd' => [['serverid' => ['x'], 'serverpassword' => null]],
            'a server' => [self::PARAMS]];
    }

    public function testUsage_isByTenant(): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        $provider = puqProxmoxKVM_MetricProvider(self::PARAMS);
        self::assertSame(['use.example.com' => [1.234, 0]], self::figures($provider->usage()));
        self::assertSame([['tenant' => ''], 4], self::asked());
        self::assertSame([[1.234, 0]], self::figures([$provider->tenantUsage('use.example.com')]));
        self::assertSame([['tenant' => 'use.example.com'], 4], self::asked());
        self::assertSame([], $provider->tenantUsage('unknown.example.com'));
        self::assertSame([], $provider->tenantUsage(''));
    }

    /** @dataProvider failures */
    public function testUsage_isUnknownWhenTheServiceIs(string $behaviour): void
    {
        $this->sidecarIs($behaviour === 'dead' ? FakeSidecar::deadUrl() : FakeSidecar::url($behaviour));
        $provider = puqProxmoxKVM_MetricProvider(self::PARAMS);
        self::assertSame([[], []], [$provider->usage(), $provider->tenantUsage('use.example.com')]);
        self::assertStringContainsString('Usage', $this->moduleLog());
    }

    public function failures(): array
    {
        return [['dead'], ['html'], ['refusal'], ['odd-data'], ['bare'], ['error-500']];
    }

    public function testMetrics_areTheContracts(): void
    {
        $contract = json_decode((string) file_get_contents(self::OPENAPI), true);
        self::assertEquals(self::NAMES, array_keys($contract['components']['schemas']['Metrics']['properties']));
    }

    /** WHMCS takes the tenant from the field that is named here; the service takes it from the same column. */
    public function testTenant_isTheDomain(): void
    {
        self::assertSame('domain', puqProxmoxKVM_MetaData()['ListAccountsUniqueIdentifierField']);
    }

    public function testUsageUpdate_namesTheServer(): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        puqProxmoxKVM_UsageUpdate(self::PARAMS);
        self::assertSame('/success/v1/module/UsageUpdate', FakeSidecar::lastRequest()['path']);
        self::assertSame(4, self::asked()[1]);
        $this->sidecarIs(FakeSidecar::deadUrl());
        self::assertSentence(puqProxmoxKVM_UsageUpdate([]));
    }

    private static function asked(): array
    {
        $body = json_decode(FakeSidecar::lastRequest()['body'], true);
        return [$body['args'], $body['server']['id']];
    }

    private static function figures(array $usage): array
    {
        return array_map(static function (array $metrics): array {
            self::assertSame(self::NAMES, array_keys($metrics));
            return array_map(static function (MetricInterface $metric) {
                return $metric->usage()->value();
            }, array_values($metrics));
        }, $usage);
    }
}
