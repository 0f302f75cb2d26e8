using Blip.Server.Hosting;
using Blip.Tests.Cli;
using Deque.AxeCore.Playwright;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace Blip.Tests.Server;

/// <summary>The page at <c>/</c> in a real browser: each thing that people do with it.</summary>
public sealed class PageTests(OwnEndpointsTests.IndexedServer indexed, Browser browser)
    : IClassFixture<OwnEndpointsTests.IndexedServer>, IClassFixture<Browser>
{
    private const string Caption = "a large white ring on a cyan background";

    private readonly List<string> complaints = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Uri Address => indexed.Server.Client.BaseAddress!;

    private async Task<IPage> Open(int width = 1200, ColorScheme scheme = ColorScheme.Light)
    {
        var page = await browser.OpenAsync(Address, width, scheme: scheme, complaints: complaints);
        await Assertions.Expect(page.Locator("#state")).ToHaveTextAsync("ready");
        return page;
    }

    private static Task Choose(IPage page, params string[] files) => page.SetInputFilesAsync("#files", files.Select(Demo.Sample));

    private static Task Says(ILocator locator, string text) => Assertions.Expect(locator).ToHaveTextAsync(text);

    [Fact]
    public async Task An_image_is_captioned_and_a_word_shows_where_the_model_looked()
    {
        var page = await Open();
        await Choose(page, "00.png");
        await Says(page.Locator("#caption"), Caption);
        var word = page.Locator("#caption button", new() { HasTextString = "ring" });
        await word.ClickAsync();

        await Assertions.Expect(page.Locator("#heat")).ToBeVisibleAsync();
        await Assertions.Expect(word).ToHaveAttributeAsync("aria-pressed", "true");
        await Assertions.Expect(page.Locator("#caption-hint")).ToContainTextAsync("“ring”");
        await word.ClickAsync();
        await Assertions.Expect(page.Locator("#heat")).ToBeHiddenAsync();
        Assert.Equal(Caption, await page.Locator("#image").GetAttributeAsync("alt"));
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Several_images_stand_in_a_row_each_with_its_own_talk()
    {
        var page = await Open();
        await Choose(page, "00.png", "01.png", "02.png");
        await Says(page.Locator("#caption"), Caption);
        await Ask(page, "what color is the ring?");
        await Says(page.Locator("#talk .answered"), "white");
        await page.Locator("#strip button").Nth(2).ClickAsync();

        await Says(page.Locator("#caption"), Demo.Answers("greedy")[2].Caption);
        await Assertions.Expect(page.Locator("#talk li")).ToHaveCountAsync(0);
        await page.Locator("#strip button").First.ClickAsync();
        await Assertions.Expect(page.Locator("#talk li")).ToHaveTextAsync(["what color is the ring?", "white"]);
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Images_are_dropped_and_pasted()
    {
        var page = await Open();
        foreach (var (kind, file) in new[] { ("drop", "00.png"), ("paste", "01.png") })
        {
            var base64 = Convert.ToBase64String(await File.ReadAllBytesAsync(Demo.Sample(file), Token));
            await page.EvaluateAsync(
                """
                ([kind, base64]) => {
                    const data = new DataTransfer();
                    data.items.add(new File([Uint8Array.from(atob(base64), c => c.charCodeAt(0))], "image.png", { type: "image/png" }));
                    document.dispatchEvent(kind === "drop" ? new DragEvent("drop", { dataTransfer: data }) : new ClipboardEvent("paste", { clipboardData: data }));
                }
                """, new[] { kind, base64 });
            await Says(page.Locator("#caption"), Demo.Answers("greedy")[file == "00.png" ? 0 : 1].Caption);
        }
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Texts_are_ranked()
    {
        var page = await Open();
        await Choose(page, "00.png");
        await page.FillAsync("#texts", $"a small white square on a pink background\n\n{Caption}\n");
        await page.ClickAsync("#match button");

        await Assertions.Expect(page.Locator("#ranks li")).ToHaveCountAsync(2);
        await Assertions.Expect(page.Locator("#ranks li").First).ToContainTextAsync(Caption);
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task One_of_some_texts_is_chosen()
    {
        var page = await Open();
        await Choose(page, "00.png");
        await page.FillAsync("#texts", $"a small white square on a pink background\n{Caption}");
        await page.ClickAsync("#label");

        await Assertions.Expect(page.Locator("#ranks li")).ToHaveCountAsync(2);
        await Assertions.Expect(page.Locator("#ranks li").First).ToContainTextAsync(Caption);
        var chances = await page.Locator("#ranks meter").EvaluateAllAsync<double[]>("bars => bars.map(bar => bar.value)");
        Assert.Equal(1, chances.Sum(), 1e-6);
        await page.FillAsync("#texts", Caption);
        await page.ClickAsync("#label");
        await Assertions.Expect(page.Locator("#ranks .trouble")).ToContainTextAsync("at least two");
    }

    [Fact]
    public async Task The_index_is_searched_by_words_and_by_the_image()
    {
        var page = await Open();
        await page.FillAsync("#query", Caption);
        await page.PressAsync("#query", "Enter");
        await Assertions.Expect(page.Locator("#gallery li")).ToHaveCountAsync(Demo.Paths.Length > 24 ? 24 : Demo.Paths.Length);
        await Assertions.Expect(page.Locator("#gallery img").First).ToHaveJSPropertyAsync("complete", true);
        await Choose(page, "00.png");
        await page.ClickAsync("#search-image");

        await Assertions.Expect(page.Locator("#gallery figcaption").First).ToContainTextAsync("1.000 · photos/00.png");
        Assert.True(await page.Locator("#gallery img").First.EvaluateAsync<bool>(
            "async image => { await image.decode(); return image.naturalWidth > 0; }"));
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task What_cannot_be_read_is_told_and_the_next_image_is_answered()
    {
        var page = await Open();
        await page.SetInputFilesAsync(
            "#files", new FilePayload { Name = "notes.png", MimeType = "image/png", Buffer = "no image"u8.ToArray() });
        await Assertions.Expect(page.Locator("#trouble")).ToContainTextAsync("notes.png");
        await Choose(page, "00.png");

        await Says(page.Locator("#caption"), Caption);
        await Assertions.Expect(page.Locator("#trouble")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_key_is_asked_for_until_it_is_right_and_kept_for_the_tab()
    {
        await using var server = await RunningServer.StartAsync(
            options => (options.ApiKeys, options.AskModel, options.MatchModel) = (["mine"], null, null));
        var page = await browser.OpenAsync(server.Client.BaseAddress!);
        await Assertions.Expect(page.Locator("#key")).ToBeVisibleAsync();
        await Says(page.Locator("#state"), "a key is needed");
        foreach (var (key, complaint) in new[] { ("ключ", "A key has only letters from a to z"),
            ("other", "The server does not know this key.") })
        {
            await page.FillAsync("#key-input", key);
            await page.ClickAsync("#key button");
            await Assertions.Expect(page.Locator("#key-trouble")).ToContainTextAsync(complaint);
            await Assertions.Expect(page.Locator("#key")).ToBeVisibleAsync();
            await Says(page.Locator("#state"), "a key is needed");
            Assert.Equal(0, await page.EvaluateAsync<int>("sessionStorage.length"));
        }
        await Save(page, "key");
        await page.FillAsync("#key-input", "mine");
        await page.ClickAsync("#key button");
        await Says(page.Locator("#state"), "ready");
        await page.ReloadAsync();
        await Choose(page, "00.png");

        await Says(page.Locator("#caption"), Caption);
        await Assertions.Expect(page.Locator("#ask-card")).ToBeHiddenAsync();
        await Assertions.Expect(page.Locator("#key")).ToBeHiddenAsync();
    }

    [Theory]
    [InlineData(320), InlineData(400), InlineData(1280)]
    public async Task Many_images_scroll_in_their_row_and_the_page_does_not(int width)
    {
        var page = await Open(width);
        await Choose(page, [.. Enumerable.Repeat("00.png", 24)]);
        await Says(page.Locator("#caption"), Caption);
        await Assertions.Expect(page.Locator("#strip button")).ToHaveCountAsync(24);
        await Save(page, $"many-{width}");

        Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 1, width);
        Assert.True(await page.EvaluateAsync<bool>("(strip => strip.scrollWidth > strip.clientWidth)(document.getElementById('strip'))"));
    }

    [Fact]
    public async Task Samples_are_drawn_for_the_demo_models_which_say_what_they_see()
    {
        string[] captions =
        [
            "a small red circle left of a large blue star on a gray background", "a large white ring on a cyan background",
            "a large green square above a small yellow triangle on a pink background", "a large orange cross on a brown background",
        ];
        var page = await Open();
        await Save(page, "first");
        for (var i = 0; i < captions.Length; i++)
        {
            await page.Locator("#samples button").Nth(i).ClickAsync();
            await Says(page.Locator("#caption"), captions[i]);
        }

        await Assertions.Expect(page.Locator("#samples button")).ToHaveCountAsync(captions.Length);
        await Assertions.Expect(page.Locator("#demo")).ToContainTextAsync("drawn shapes only");
        await Assertions.Expect(page.Locator("#question")).ToHaveAttributeAsync("placeholder", "what color is the star?");
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Models_of_the_readers_own_and_no_index_leave_the_demo_and_the_search_out()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(RunningServer.Weights("retrieval")))
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        await using var server = await RunningServer.StartAsync(
            options => (options.CaptionModel, options.AskModel, options.MatchModel) = (null, null, folder.Path));
        var page = await browser.OpenAsync(server.Client.BaseAddress!, complaints: complaints);
        await Says(page.Locator("#state"), "ready");

        foreach (var hidden in new[] { "#search-card", "#demo", "#samples" })
            await Assertions.Expect(page.Locator(hidden)).ToBeHiddenAsync();
        await Assertions.Expect(page.Locator("#intake")).ToBeVisibleAsync();
        Assert.DoesNotContain("shape", await page.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
        await Choose(page, "00.png");
        await Says(page.Locator("#caption-hint"), "This server has no model that writes captions.");
        await Assertions.Expect(page.Locator("#trouble")).ToBeHiddenAsync();
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task It_says_how_the_server_is_while_models_load_and_after_its_end()
    {
        var server = await RunningServer.BeginAsync(
            options => (options.AskModel, options.MatchModel) = (null, null), ServerLimitsTests.NothingLoaded);
        var page = await browser.OpenAsync(server.Client.BaseAddress!);
        try
        {
            await Says(page.Locator("#state"), "loading the models (caption) …");
            await Choose(page, "00.png");
            await Assertions.Expect(page.Locator("#trouble")).ToContainTextAsync("is being loaded");
            await server.App.Services.GetRequiredService<ModelSet>().StartAsync(Token);
            await Assertions.Expect(page.Locator("#state")).ToHaveTextAsync("ready", new() { Timeout = 20_000 });
            await Says(page.Locator("#caption"), Caption);
            await Assertions.Expect(page.Locator("#trouble")).ToBeHiddenAsync();
        }
        finally
        {
            await server.DisposeAsync();
        }
        await Assertions.Expect(page.Locator("#state")).ToHaveTextAsync("The server cannot be reached.", new() { Timeout = 30_000 });
    }

    [Fact]
    public async Task Without_scripts_it_says_that_it_needs_them()
    {
        var page = await browser.OpenAsync(Address, scripts: false);
        await Save(page, "plain");

        Assert.Contains("needs JavaScript", await page.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal("", await page.Locator("#state").InnerTextAsync());
        await Assertions.Expect(page.Locator("#intake")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task An_image_that_the_browser_cannot_show_has_its_name_in_its_place()
    {
        var page = await Open(scheme: ColorScheme.Dark);
        await Assertions.Expect(page.Locator("#search-image")).ToBeDisabledAsync();
        await Says(page.Locator("#search-note"), "To search by an image, choose one first.");
        await page.SetInputFilesAsync(
            "#files", new FilePayload { Name = "holiday.heic", MimeType = "image/heic", Buffer = "no image"u8.ToArray() });
        await Says(page.Locator("#strip span"), "holiday.heic");
        await Says(page.Locator("#not-shown"), "This browser cannot show holiday.heic.");
        await Assertions.Expect(page.Locator("#trouble")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#search-image")).ToBeEnabledAsync();
        await Says(page.Locator("#search-note"), "");
        await Save(page, "unshown");
        var box = await page.Locator("#strip button").BoundingBoxAsync();
        var checks = await page.RunAxe();

        Assert.InRange(box!.Height, 60, 90);
        Assert.Empty(checks.Violations);
    }

    [Fact]
    public async Task It_works_by_keyboard_alone()
    {
        var page = await Open();
        await Choose(page, "00.png");
        await Says(page.Locator("#caption"), Caption);
        await page.FocusAsync("#strip button");
        for (var i = 0; i < 5; i++)
            await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#caption button[aria-pressed=true]")).ToHaveCountAsync(1);
        await page.FocusAsync("#question");
        await page.Keyboard.TypeAsync("what color is the ring?");
        await page.Keyboard.PressAsync("Enter");

        await Says(page.Locator("#talk .answered"), "white");
        Assert.Empty(complaints);
    }

    [Theory]
    [InlineData(1200, ColorScheme.Light), InlineData(1200, ColorScheme.Dark), InlineData(375, ColorScheme.Light),
        InlineData(375, ColorScheme.Dark)]
    public async Task Everybody_can_use_it_on_any_screen(int width, ColorScheme scheme)
    {
        var page = await Open(width, scheme);
        await Choose(page, "00.png", "01.png");
        await Says(page.Locator("#caption"), Caption);
        await Ask(page, "what color is the ring?");
        await Says(page.Locator("#talk .answered"), "white");
        await page.FillAsync("#texts", $"{Caption}\na red star");
        await page.ClickAsync("#match button");
        await page.FillAsync("#query", "a ring");
        await page.PressAsync("#query", "Enter");
        await Assertions.Expect(page.Locator("#gallery img").Nth(5))
            .ToHaveAttributeAsync("src", new System.Text.RegularExpressions.Regex("^blob:"));
        await page.Locator("#caption button").Nth(3).ClickAsync();
        await Assertions.Expect(page.Locator("#heat")).ToBeVisibleAsync();
        var checks = await page.RunAxe();
        var widest = await page.EvaluateAsync<int>("document.documentElement.scrollWidth");
        await Save(page, $"page-{width}-{scheme}".ToLowerInvariant(), whole: width < 600);

        Assert.True(checks.Violations.Length == 0,
            string.Join('\n', checks.Violations.Select(
            one => $"{one.Id}: {one.Help}: {string.Join(", ", one.Nodes.Select(node => node.Html))}")));
        Assert.True(widest <= width, $"{widest} pixels on a screen of {width}");
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task The_reference_page_shows_the_endpoints_and_asks_nobody_else()
    {
        var asked = new List<string>();
        var page = await browser.OpenAsync(new Uri(Address, "/healthz"), complaints: complaints);
        page.Request += (_, request) => asked.Add(request.Url);
        await page.GotoAsync(new Uri(Address, "/reference").ToString());
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "BLIP", Level = 1 })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Captions images, or answers questions").Locator("visible=true").First).ToBeVisibleAsync();
        await Save(page, "reference");

        Assert.All(asked.Where(url => url.StartsWith("http", StringComparison.Ordinal)),
            url => Assert.StartsWith(Address.ToString(), url, StringComparison.Ordinal));
        Assert.Empty(complaints);
    }

    // For the documentation, and for eyes.
    private static async Task Save(IPage page, string name, bool whole = false)
    {
        if (TestSwitches.Read(TestSwitches.Screenshots) is not { } folder)
            return;
        await page.EvaluateAsync("scrollTo(0, 0)");
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = whole });
        await page.ScreenshotAsync(
            new() { Path = Path.Combine(folder, name + ".jpg"), Type = ScreenshotType.Jpeg, Quality = 72, FullPage = whole });
    }

    private static async Task Ask(IPage page, string question)
    {
        await page.FillAsync("#question", question);
        await page.PressAsync("#question", "Enter");
    }
}
