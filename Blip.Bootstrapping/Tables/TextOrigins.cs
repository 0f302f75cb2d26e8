namespace Blip.Bootstrapping.Tables;

/// <summary>The names of origins in files and options.</summary>
public static class TextOrigins
{
    /// <summary>The origin's name: <c>web</c>, <c>synthetic</c> or <c>human</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such origin.</exception>
    public static string Name(TextOrigin origin) => origin switch
    {
        TextOrigin.Web => "web",
        TextOrigin.Synthetic => "synthetic",
        TextOrigin.Human => "human",
        _ => throw new ArgumentOutOfRangeException(nameof(origin), origin, "There is no such origin of a text."),
    };

    /// <summary>The origin of a name.</summary>
    /// <exception cref="FormatException">There is no origin of this name.</exception>
    public static TextOrigin Parse(string name) => name switch
    {
        "web" => TextOrigin.Web,
        "synthetic" => TextOrigin.Synthetic,
        "human" => TextOrigin.Human,
        _ => throw new FormatException($"'{name}' is no origin of a text; give web, synthetic or human."),
    };
}
