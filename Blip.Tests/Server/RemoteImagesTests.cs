using System.Net;
using Blip.Server;
using Blip.Server.Http;
using Blip.Tests.Cli;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Blip.Tests.Server;

/// <summary>Images by their addresses: only where that is allowed, and never from a private network.</summary>
public sealed class RemoteImagesTests
{
    private const int Limit = 50_000;

    private static readonly byte[] Bytes = File.ReadAllBytes(Demo.Sample("00.png"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1"), InlineData("127.8.9.10"), InlineData("10.1.2.3"), InlineData("172.16.0.1"), InlineData("172.31.255.255"),
        InlineData("192.168.1.1")]
    [InlineData("169.254.169.254"), InlineData("100.64.0.1"), InlineData("0.0.0.0"), InlineData("224.0.0.1"), InlineData("255.255.255.255"),
        InlineData("198.18.0.1")]
    [InlineData("::1"), InlineData("::"), InlineData("::ffff:127.0.0.1"), InlineData("::ffff:10.0.0.1"), InlineData("::127.0.0.1"),
        InlineData("fe80::1"), InlineData("fd00::1")]
    [InlineData("ff02::1"), InlineData("64:ff9b::7f00:1"), InlineData("2002:7f00:1::"), InlineData("2001::1"), InlineData("fec0::1")]
    public void Special_addresses_are_not_public(string address) => Assert.False(PublicAddress.Is(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1"), InlineData("172.32.0.1"), InlineData("100.128.0.1"), InlineData("2606:4700::1"), InlineData("::ffff:8.8.8.8"),
        InlineData("2a00:1450::1")]
    public void Others_are(string address) => Assert.True(PublicAddress.Is(IPAddress.Parse(address)));

    [Theory]
    [InlineData("http://127.0.0.1:9/x.png"), InlineData("http://localhost:9/x.png"), InlineData("http://[::1]:9/x.png"),
        InlineData("http://2130706433:9/"), InlineData("http://0x7f.1:9/")]
    public async Task An_address_of_this_machine_is_refused_whatever_it_is_called(string address)
    {
        await using var server = await RunningServer.StartAsync(
            options => (options.AllowUrls, options.AskModel, options.MatchModel) = (true, null, null));
        var problem = await RunningServer.Read(await server.PostAsync("/caption", new { image = address }), 400);

        Assert.Contains("has no public address", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_is_fetched_and_what_is_none_or_elsewhere_is_told()
    {
        await using var site = await Site();
        var port = new Uri(site.Urls.First()).Port;
        // This machine has a whole network of addresses: one of them stands for the public one here.
        using var images = new RemoteImages(
            Options.Create(new BlipServerOptions { AllowUrls = true, MaxBodyBytes = Limit }), address =>
                address.Equals(IPAddress.Loopback));

        Assert.Equal(Bytes, await Fetch("image.png"));
        Assert.Equal(Bytes, await Fetch("moved"));
        Assert.Contains("has no public address", await Refusal("private"), StringComparison.Ordinal);
        Assert.Contains("answers 404", await Refusal("nothing"), StringComparison.Ordinal);
        Assert.Contains("answers 302", await Refusal("around"), StringComparison.Ordinal);
        Assert.Contains("larger than", await Refusal("endless"), StringComparison.Ordinal);
        Assert.Contains("has no public address",
            (await Assert.ThrowsAsync<RequestException>(
            () => images.FetchAsync("http://no-such-host.invalid/", "x", "image", Limit, Token))).Message, StringComparison.Ordinal);
        Assert.Contains("holds a password",
            (await Assert.ThrowsAsync<RequestException>(
            () => images.FetchAsync("http://me:secret@localhost/", "x", "image", 1 << 20, Token))).Message, StringComparison.Ordinal);

        Task<byte[]> Fetch(string path) => images.FetchAsync($"http://127.0.0.1:{port}/{path}", "the image", "image", Limit, Token);

        async Task<string> Refusal(string path) => (await Assert.ThrowsAsync<RequestException>(() => Fetch(path))).Message;
    }

    [Fact]
    public async Task A_caller_who_goes_away_ends_the_fetching()
    {
        await using var site = await Site();
        using var images = new RemoteImages(Options.Create(new BlipServerOptions { AllowUrls = true }), _ => true);
        using var leaving = new CancellationTokenSource(200);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => images.FetchAsync($"{site.Urls.First()}/slow", "the image", "image", Limit, leaving.Token));
    }

    private static async Task<WebApplication> Site()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var app = builder.Build();
        app.MapGet("/image.png", () => Results.Bytes(Bytes, "image/png"));
        app.MapGet("/moved", () => Results.Redirect("/image.png"));
        app.MapGet("/around", () => Results.Redirect("/around"));
        app.MapGet("/private", (HttpContext http) => Results.Redirect($"http://127.0.0.2:{http.Connection.LocalPort}/image.png"));
        app.MapGet("/endless", async (HttpContext http) =>
        {
            while (true)
                await http.Response.Body.WriteAsync(new byte[10_000], http.RequestAborted);
        });
        app.MapGet("/slow", (HttpContext http) => Task.Delay(Timeout.Infinite, http.RequestAborted));
        await app.StartAsync(Token);
        return app;
    }
}
