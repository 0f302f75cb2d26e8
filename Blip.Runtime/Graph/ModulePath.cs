namespace Blip.Runtime.Graph;

/// <summary>A place in the checkpoint's tree of modules, as dotted names; empty for the root.</summary>
internal readonly record struct ModulePath(string Path)
{
    /// <summary>A child module or tensor.</summary>
    public static ModulePath operator /(ModulePath parent, string child) => new(parent.Path.Length == 0 ? child : $"{parent.Path}.{child}");

    /// <summary>A numbered child.</summary>
    public static ModulePath operator /(ModulePath parent, int child) =>
        parent / child.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override string ToString() => Path;
}
