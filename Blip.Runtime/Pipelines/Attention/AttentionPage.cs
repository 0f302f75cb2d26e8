using System.Globalization;
using System.Net;
using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// An HTML page of attention maps: images, their texts, and the map of a touched word over its image. It contains its images, loads nothing
/// and needs no script. It is written image by image, so that the finished part can be viewed.
/// </summary>
/// <example>
/// <code>
/// using var page = new AttentionPage(File.CreateText("looking.html"), "Where the model looked");
/// page.Add("photo.jpg", image, [new WordLine("caption", caption.Attention)]);
/// </code>
/// </example>
public sealed class AttentionPage : IDisposable
{
    private const int LongestSide = 960;

    private readonly TextWriter output;
    private readonly bool leaveOpen;
    private int images;
    private bool ended;

    /// <summary>Begins a page.</summary>
    /// <param name="output">The writer, in UTF-8.</param>
    /// <param name="title">The heading.</param>
    /// <param name="note">The text below the heading; null for none.</param>
    /// <param name="leaveOpen">True leaves the writer open at the end.</param>
    public AttentionPage(TextWriter output, string title, string? note = null, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(output);
        (this.output, this.leaveOpen) = (output, leaveOpen);
        output.Write($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{Text(title)}</title>
            <style>
            {Style}
            </style>
            </head>
            <body>
            <h1>{Text(title)}</h1>
            <p class="how">Touch a word, or walk through them with the arrow keys: the lighter a place, the more the model looked there for it.{(note is null ? "" : " " + Text(note))}</p>
            <main>

            """);
    }

    /// <summary>Adds an image with its texts.</summary>
    /// <param name="name">The image's name.</param>
    /// <param name="image">The image; a large one is shown smaller.</param>
    /// <param name="lines">The image's texts.</param>
    /// <param name="commonScale">Whether all words share one colour scale (<see cref="AttentionFigure.CommonRange"/>).</param>
    /// <exception cref="InvalidOperationException">The page has ended.</exception>
    public void Add(string name, RgbImage image, IReadOnlyList<WordLine> lines, bool commonScale = false)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(lines);
        if (ended)
            throw new InvalidOperationException("The page is at its end; begin another.");
        var group = string.Create(CultureInfo.InvariantCulture, $"p{++images}");
        var shape = string.Create(CultureInfo.InvariantCulture, $"aspect-ratio:{image.Width}/{image.Height}");
        output.Write($"""
            <article>
            <img class="image" style="{shape}" src="{ImageWriter.ToDataUri(image, LongestSide)}" alt="{Text(name)}">
            <h2>{Text(name)}</h2>
            <label class="none"><input type="radio" name="{group}" checked><span>image alone</span></label>

            """);
        HeatRange? range = commonScale ? AttentionFigure.CommonRange(lines) : null;
        foreach (var line in lines)
        {
            output.Write($"<p><span class=\"kind\">{Text(line.Kind)}</span>");
            foreach (var word in line.Words)
            {
                var heat = ImageWriter.ToDataUri(
                    word.Width, word.Height, Heatmap.Layer([.. word.Values], word.Height, word.Width, word.Scale(range)));
                output.Write($"\n<label><input type=\"radio\" name=\"{group}\"><span>{Text(word.Word)}</span><img class=\"heat\" "
                    + $"style=\"{shape}\" src=\"{heat}\" alt=\"\"></label>");
            }
            if (line.Note is not null)
                output.Write($"\n<span class=\"note\">{Text(line.Note)}</span>");
            output.Write("</p>\n");
        }
        output.Write("</article>\n");
        output.Flush();
    }

    /// <summary>Ends the page.</summary>
    public void Dispose()
    {
        if (ended)
            return;
        ended = true;
        output.Write("</main>\n</body>\n</html>\n");
        output.Flush();
        if (!leaveOpen)
            output.Dispose();
    }

    // A word's map is in its label, placed over the image. A checked word is shown, without a script.
    private const string Style = """
        :root { color-scheme: light dark; --page: #f4f3f0; --card: #fff; --ink: #1d1c1a; --faint: #6a6862; --line: #d8d5ce; --mark: #b03a5b; --onmark: #fff; }
        @media (prefers-color-scheme: dark) { :root { --page: #151416; --card: #201f22; --ink: #eceae6; --faint: #a09d97; --line: #3a383d; --mark: #f09a3e; --onmark: #1d1c1a; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 1rem; max-width: 84rem; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.35rem; margin: .2rem 0; }
        .how { color: var(--faint); margin: .2rem 0 1rem; max-width: 48rem; }
        main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); align-items: start; }
        article { position: relative; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; overflow: hidden; padding-bottom: .6rem; }
        .image { display: block; width: 100%; height: auto; }
        .heat { position: absolute; top: 0; left: 0; width: 100%; height: auto; object-fit: fill; opacity: 0; pointer-events: none; transition: opacity .15s; }
        h2 { font-size: .85rem; font-weight: 600; color: var(--faint); margin: .6rem .8rem .2rem; overflow-wrap: anywhere; }
        p { margin: .3rem .8rem; }
        label { display: inline-block; margin: .1rem .05rem; }
        .none { margin: .1rem .8rem; font-size: .85rem; }
        input { position: absolute; opacity: 0; pointer-events: none; }
        label span { display: inline-block; padding: .15rem .45rem; border: 1px solid var(--line); border-radius: 1rem; cursor: pointer; }
        input:checked + span { background: var(--mark); border-color: var(--mark); color: var(--onmark); }
        input:focus-visible + span { outline: 2px solid var(--mark); outline-offset: 2px; }
        input:checked ~ .heat, label:hover .heat { opacity: 1; }
        .kind, .note { font-size: .8rem; color: var(--faint); margin-right: .4rem; }
        .note { display: block; }
        @media print { .how, .none { display: none; } article { break-inside: avoid; } }
        """;

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
