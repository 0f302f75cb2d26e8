using Blip.Server;
using Blip.Tests.Cli;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Blip.Tests.Server;

/// <summary>The service in an application of somebody else's.</summary>
public sealed class ServerLibraryTests
{
    private static readonly byte[] Bytes = File.ReadAllBytes(Demo.Sample("00.png"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Options_come_from_configuration_and_endpoints_stand_beside_the_applications_own()
    {
        await using var app = await Start(new()
        {
            ["Blip:CaptionModel"] = RunningServer.Weights("captioning"),
            ["Blip:Captioner:Device"] = "cpu",
            ["Blip:Captioner:MaxQueuedCalls"] = "7",
            ["Blip:Captioner:Images:MaxPixels"] = "5000",
            ["Blip:MaxImages"] = "2",
            ["Blip:RequestTimeout"] = "00:00:30",
            ["Blip:ApiKeys:0"] = "mine",
        });
        var options = app.Services.GetRequiredService<IOptions<BlipServerOptions>>().Value;
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        var refused = await client.PostAsync("/caption", RunningServer.Image(Bytes), Token);
        client.DefaultRequestHeaders.Add("X-API-Key", "mine");
        while (!(await client.GetAsync("/readyz", Token)).IsSuccessStatusCode)
            await Task.Delay(20, Token);
        var large = await RunningServer.Read(await client.PostAsync("/caption", RunningServer.Image(Bytes), Token), 400);

        Assert.Equal((7, 5000L, 2, TimeSpan.FromSeconds(30)),
            (options.Captioner.MaxQueuedCalls, options.Captioner.Images.MaxPixels, options.MaxImages, options.RequestTimeout));
        Assert.True(options.Captioner.WarmUp);
        await RunningServer.Read(refused, 401);
        Assert.Contains("pixels", large.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("mine too", await client.GetStringAsync("/own", Token));
    }

    [Fact]
    public async Task A_setting_that_cannot_be_ends_the_start()
    {
        var e = await Assert.ThrowsAsync<OptionsValidationException>(
            () => Start(new() { ["Blip:CaptionModel"] = "nowhere", ["Blip:Captioner:BatchSize"] = "-1" }));

        Assert.Contains("CaptionModel: ", e.Message, StringComparison.Ordinal);
        Assert.Contains("BatchSize is -1", e.Message, StringComparison.Ordinal);
    }

    private static async Task<WebApplication> Start(Dictionary<string, string?> settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(settings);
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddBlipServer(builder.Configuration.GetSection("Blip"));
        var app = builder.Build();
        app.MapBlip();
        app.MapGet("/own", () => "mine too");
        await app.StartAsync(Token);
        return app;
    }
}
