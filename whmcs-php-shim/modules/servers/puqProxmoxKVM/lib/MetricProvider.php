<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

use WHMCS\UsageBilling\Contracts\Metrics\{MetricInterface, ProviderInterface};
use WHMCS\UsageBilling\Metrics\{Metric, Units\GigaBytes, Usage};

/** What WHMCS can bill by use. A service whose traffic is unknown has no usage, which is not the same as 0. */
final class MetricProvider implements ProviderInterface
{
    private array $params;

    public function __construct(array $params) { $this->params = $params; }

    /** The service is not asked: the list is the same everywhere. */
    public function metrics(): array { return self::made(['Bandwidth Usage In' => null, 'Bandwidth Usage Out' => null]); }

    /** @return array<string,Metric[]> by tenant, which is the domain of a service; all of the server, or one */
    public function usage(string $tenant = ''): array
    {
        $answer = ServerModule::ask('Usage', $this->params, ['tenant' => $tenant]);
        return array_map([self::class, 'made'], array_filter((array) ($answer['data']['usage'] ?? []), 'is_array'));
    }

    public function tenantUsage($tenant): array { return $this->usage((string) $tenant)[$tenant] ?? []; }

    /** @param array<string,float|null> $figures name => GB in this month, null when that is not asked for */
    private static function made(array $figures): array
    {
        foreach ($figures as $name => $gb) {
            $usage = $gb === null ? null : new Usage($gb);
            $figures[$name] = new Metric($name, $name, MetricInterface::TYPE_PERIOD_MONTH, new GigaBytes('GB'), $usage);
        }
        return $figures;
    }
}
