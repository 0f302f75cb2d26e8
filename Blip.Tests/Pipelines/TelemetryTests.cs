using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

/// <summary>The measurements of calls for listeners.</summary>
[Collection(nameof(AloneCollection))]
public class TelemetryTests
{
    [Fact]
    public async Task Calls_tokens_batches_and_errors_are_told()
    {
        var token = TestContext.Current.CancellationToken;
        var recorded = new ConcurrentQueue<(string Name, double Value, Dictionary<string, object?> Tags)>();
        var activities = new ConcurrentQueue<Activity>();
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == BlipTelemetry.Name)
                listener.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        meters.Start();
        using var sources = new ActivityListener
        {
            ShouldListenTo = source => source.Name == BlipTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activities.Enqueue,
        };
        ActivitySource.AddActivityListener(sources);

        using (var captioner = Captioner.Load(Demo.Model, new CaptionerOptions { Device = "cpu", BatchSize = 4 }))
        {
            var captions = await Task.WhenAll(Demo.Paths.Select(path => captioner.CaptionAsync(path, null, token)));
            await Assert.ThrowsAsync<ImageException>(
                () => captioner.CaptionAsync(ImageSource.FromBytes(new byte[7], "noise"), null, token));
            Assert.Equal(captions.Sum(caption => caption.Tokens.Count), Named("gen_ai.client.token.usage").Sum(entry => entry.Value));
        }

        Assert.Equal(Demo.Paths.Length + 1, Named("gen_ai.server.request.duration").Count);
        Assert.Equal("ImageException",
            Assert.Single(Named("gen_ai.server.request.duration"), entry => entry.Tags.ContainsKey("error.type")).Tags["error.type"]);
        Assert.Equal(Demo.Paths.Length, Named("gen_ai.server.time_to_first_token").Count);
        Assert.Equal(Demo.Paths.Length, Named("blip.call.wait").Count);
        Assert.Equal(0, Named("blip.calls.waiting").Sum(entry => entry.Value));
        Assert.All(Named("blip.batch.size"), entry => Assert.InRange(entry.Value, 1, 4));
        Assert.Contains(Named("blip.stage.duration"), entry => Equals(entry.Tags["blip.stage"], "step"));
        Assert.All(recorded.Where(entry => entry.Name != "blip.calls.waiting"),
            entry => Assert.Equal("captioning", entry.Tags["gen_ai.request.model"]));
        Assert.Equal(Demo.Paths.Length + 1, activities.Count);
        Assert.Equal(ActivityStatusCode.Error, Assert.Single(activities, activity => activity.Status != ActivityStatusCode.Unset).Status);
        Assert.All(activities, activity => Assert.Equal("caption captioning", activity.DisplayName));

        List<(string Name, double Value, Dictionary<string, object?> Tags)> Named(string name) =>
            [.. recorded.Where(entry => entry.Name == name)];

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            recorded.Enqueue((instrument.Name, value, tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value)));
    }
}
