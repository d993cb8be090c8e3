/* A stand-in, written for this comparison, for a plugin's script that fetches related posts and renders them with jQuery. */
jQuery( function ( $ ) {
	var box = $( '#related-posts' );
	$.getJSON( box.data( 'url' ), function ( response ) {
		if ( ! response.related || ! response.related.length ) {
			return;
		}
		var list = $( '<ul class="related-posts-items"></ul>' );
		$.each( response.related, function ( index, post ) {
			var link = $( '<a></a>' ).attr( { href: post.url, title: post.title, 'data-position': index } ).text( post.title );
			var date = $( '<time></time>' ).text( ( post.published_at || '' ).slice( 0, 10 ) );
			list.append( $( '<li></li>' ).attr( 'lang', post.language ).append( $( '<h4></h4>' ).append( link ), date ) );
		} );
		box.append( $( '<h3></h3>' ).text( box.data( 'heading' ) ), list );
	} );
} );
