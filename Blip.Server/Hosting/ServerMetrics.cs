using System.Diagnostics.Metrics;

namespace Blip.Server.Hosting;

/// <summary>Counters beside those of ASP.NET Core and the pipelines.</summary>
internal sealed class ServerMetrics : IDisposable
{
    private readonly Meter meter;
    private readonly Counter<long> refused;

    public ServerMetrics(IMeterFactory meters, ModelSet models)
    {
        meter = meters.Create("Blip.Server");
        refused = meter.CreateCounter<long>("blip.server.requests.refused", "{request}", "Requests that were not begun, by their status.");
        meter.CreateObservableGauge("blip.server.model.ready", () => models.Served.Select(Ready),
            description: "1 for a model that answers, 0 for one that is being loaded or failed.");
    }

    public void Refused(int status) => refused.Add(1, new KeyValuePair<string, object?>("http.response.status_code", status));

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private static Measurement<int> Ready(IModelSlot slot) =>
        new(slot.State == ModelState.Ready ? 1 : 0, new KeyValuePair<string, object?>("model", slot.Kind));
}
