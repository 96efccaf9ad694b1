<?php

declare(strict_types=1);

namespace WHMCS\UsageBilling\Contracts\Metrics;

/** What a server module's MetricProvider function returns. */
interface ProviderInterface
{
    /** @return MetricInterface[] by system name; asked without a server too */
    public function metrics();

    /** @return array<string,MetricInterface[]> by tenant, of the server */
    public function usage();

    /** @return MetricInterface[] */
    public function tenantUsage($tenant);
}
